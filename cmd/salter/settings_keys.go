package main

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"salter/app/procedure"
)

// values lists every setting with its value in force, in the order of the
// file's sections: what the journal records.
func (s *Settings) values() []procedure.Setting {
	var all []procedure.Setting
	walk("", reflect.ValueOf(*s), func(key string, v reflect.Value) {
		all = append(all, procedure.Setting{Key: key, Value: plain(v)})
	})
	return all
}

// kinds is every key that the file may hold, with the kind of its value as the
// decoder calls it: settings, their sections, and the entries of the two
// tables among them.
func kinds() map[string]string {
	names := map[reflect.Kind]string{reflect.String: "String", reflect.Int: "Integer", reflect.Bool: "Bool", reflect.Slice: "Array", reflect.Map: "Hash"}
	known := map[string]string{}
	walk("", reflect.ValueOf(defaults()), func(key string, v reflect.Value) {
		known[key] = names[v.Kind()]
		if section, _, ok := strings.Cut(key, "."); ok {
			known[section] = names[reflect.Map]
		}
		if v.Kind() == reflect.Map {
			for _, entry := range v.MapKeys() {
				known[key+"."+entry.String()] = names[v.Type().Elem().Kind()]
			}
		}
	})
	return known
}

// walk calls f for every field below v that is a setting.
func walk(above string, v reflect.Value, f func(key string, v reflect.Value)) {
	for i := range v.NumField() {
		key := above + v.Type().Field(i).Tag.Get("toml")
		if v.Field(i).Kind() == reflect.Struct {
			walk(key+".", v.Field(i), f)
			continue
		}
		f(key, v.Field(i))
	}
}

// plain writes a value as it stands in a list: words separated by commas, the
// entries of tables in alphabetical order.
func plain(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Slice:
		return strings.Join(v.Interface().([]string), ", ")
	case reflect.Map:
		var entries []string
		for _, k := range v.MapKeys() {
			entries = append(entries, fmt.Sprintf("%s = %d", k, v.MapIndex(k).Int()))
		}
		slices.Sort(entries)
		return strings.Join(entries, ", ")
	}
	return fmt.Sprint(v.Interface())
}

// stumble fails to decode, so that the decoder says where it stood.
type stumble struct{}

// UnmarshalTOML implements toml.Unmarshaler.
func (*stumble) UnmarshalTOML(any) error { return errors.New("here") }

// lineOf is the line of a key in a file that could be decoded; 0 if it is not
// to be found. The decoder tells lines in errors only, so it is given a type
// with that one key, on which it stumbles.
func lineOf(text string, key toml.Key) int {
	t := reflect.TypeFor[stumble]()
	for _, name := range slices.Backward(key) {
		t = reflect.StructOf([]reflect.StructField{{Name: "Field", Type: t, Tag: reflect.StructTag("toml:" + strconv.Quote(name))}})
	}
	_, err := toml.Decode(text, reflect.New(t).Interface())
	var form toml.ParseError
	errors.As(err, &form)
	return form.Position.Line
}
