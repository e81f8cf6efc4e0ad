package profile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// checkMembers walks the JSON in data beside the type of shape and refuses
// what encoding/json lets pass: a member named twice, in another letter case,
// or missing. A member marked omitempty may be missing.
func checkMembers(data []byte, shape any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	return walkValue(dec, reflect.TypeOf(shape), "profile")
}

func walkValue(dec *json.Decoder, t reflect.Type, at string) error {
	tok, err := dec.Token()
	if err != nil {
		return err
	}
	switch {
	case tok == json.Delim('{'):
		if t.Kind() != reflect.Struct {
			return fmt.Errorf("%s: an object is not expected here", at)
		}
		return walkObject(dec, t, at)
	case tok == json.Delim('['):
		if t.Kind() != reflect.Slice {
			return fmt.Errorf("%s: a list is not expected here", at)
		}
		for dec.More() {
			if err := walkValue(dec, t.Elem(), at); err != nil {
				return err
			}
		}
		_, err = dec.Token()
		return err
	case tok == nil:
		return fmt.Errorf("%s: null", at)
	}
	return nil
}

func walkObject(dec *json.Decoder, t reflect.Type, at string) error {
	members, required := members(t)
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return err
		}
		name, ok := tok.(string)
		if !ok {
			return errors.New("member name is no string")
		}
		elem, known := members[name]
		if !known {
			return fmt.Errorf("%s: %q is unknown or appears twice", at, name)
		}
		delete(members, name)
		delete(required, name)
		if err := walkValue(dec, elem, at+"."+name); err != nil {
			return err
		}
	}
	for name := range required {
		return fmt.Errorf("%s: %q is missing", at, name)
	}
	_, err := dec.Token()
	return err
}

// members returns the JSON members of the struct type t.
func members(t reflect.Type) (all map[string]reflect.Type, required map[string]bool) {
	all, required = map[string]reflect.Type{}, map[string]bool{}
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		all[name] = f.Type
		if opts != "omitempty" {
			required[name] = true
		}
	}
	return all, required
}
