package catest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"salter/ca/authority/api"
)

// contract is openapi.yaml taken apart. What stands in it must be all there
// is: a request that it does not describe is not accepted, and every answer is
// one that it describes, to the last member.
type contract struct{ operations []operation }

// operation is one method of one path.
type operation struct {
	method     string
	path       []string // segments; {name} stands for one
	port       string   // x-port: "", public, both
	rest       bool     // x-rest: the last segment stands for all that follow
	parameters []parameter
	body       content            // nil: none
	answers    map[string]content // by status, or default
}

// parameter is one of path, query or header.
type parameter struct {
	name, in string
	required bool
	schema   *jsonschema.Schema
}

// content is the schemas by media type; nil: whatever it is.
type content map[string]*jsonschema.Schema

// loadContract reads the document once per process; it never changes.
var loadContract = sync.OnceValues(func() (*contract, error) {
	var tree map[string]any
	if err := yaml.Unmarshal(api.OpenAPI, &tree); err != nil {
		return nil, err
	}
	open, err := newReader(tree)
	if err != nil {
		return nil, err
	}
	closeObjects(tree)
	closed, err := newReader(tree)
	if err != nil {
		return nil, err
	}
	c := new(contract)
	paths, _ := open.tree["paths"].(map[string]any)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		methods, _ := paths[path].(map[string]any)
		for _, method := range slices.Sorted(maps.Keys(methods)) {
			op := operation{method: strings.ToUpper(method), path: strings.Split(path, "/"), answers: make(map[string]content)}
			at := "/paths/" + escapePointer(path) + "/" + method
			if err := op.read(open, closed, at); err != nil {
				return nil, fmt.Errorf("%s %s: %w", method, path, err)
			}
			c.operations = append(c.operations, op)
		}
	}
	return c, nil
})

// read takes the operation at a pointer: what is sent by the schemas as they
// are, for a client may say more than the server knows; what is answered by
// closed ones.
func (op *operation) read(open, closed *reader, at string) (err error) {
	node, _ := open.at(at)
	op.port, _ = node["x-port"].(string)
	op.rest, _ = node["x-rest"].(bool)
	list, _ := node["parameters"].([]any)
	for i := range list {
		p, where := open.at(at + "/parameters/" + strconv.Itoa(i))
		var one parameter
		one.name, _ = p["name"].(string)
		one.in, _ = p["in"].(string)
		one.required, _ = p["required"].(bool)
		if one.schema, err = open.compile(where + "/schema"); err != nil {
			return err
		}
		op.parameters = append(op.parameters, one)
	}
	if node["requestBody"] != nil {
		if op.body, err = open.content(at + "/requestBody"); err != nil {
			return err
		}
	}
	answers, _ := node["responses"].(map[string]any)
	for status := range answers {
		if op.answers[status], err = closed.content(at + "/responses/" + status); err != nil {
			return err
		}
	}
	return nil
}

// reader finds and compiles the schemas of a tree.
type reader struct {
	tree     map[string]any
	compiler *jsonschema.Compiler
}

const documentURL = "openapi.json"

func newReader(tree map[string]any) (*reader, error) {
	text, err := json.Marshal(tree)
	if err != nil {
		return nil, err
	}
	plain, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertContent()
	compiler.AssertFormat()
	root, _ := plain.(map[string]any)
	return &reader{root, compiler}, compiler.AddResource(documentURL, plain)
}

// at finds an object by its JSON pointer and follows its $ref; it returns the
// pointer that it was found by.
func (r *reader) at(pointer string) (map[string]any, string) {
	var node any = r.tree
	for _, token := range strings.Split(pointer, "/")[1:] {
		switch parent := node.(type) {
		case map[string]any:
			node = parent[strings.NewReplacer("~1", "/", "~0", "~").Replace(token)]
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil {
				return nil, pointer
			}
			node = parent[i]
		}
	}
	object, _ := node.(map[string]any)
	if ref, ok := object["$ref"].(string); ok {
		return r.at(strings.TrimPrefix(ref, "#"))
	}
	return object, pointer
}

// content reads the media types of a body or an answer.
func (r *reader) content(pointer string) (content, error) {
	node, where := r.at(pointer)
	if node == nil {
		return nil, fmt.Errorf("%s is not there", pointer)
	}
	kinds, _ := node["content"].(map[string]any)
	c := make(content)
	for kind := range kinds {
		schema, err := r.compile(where + "/content/" + escapePointer(kind) + "/schema")
		if err != nil {
			return nil, err
		}
		c[kind] = schema
	}
	return c, nil
}

// compile returns nil if there is no schema.
func (r *reader) compile(pointer string) (*jsonschema.Schema, error) {
	if node, _ := r.at(pointer); node == nil {
		return nil, nil
	}
	fragment := url.URL{Fragment: pointer}
	return r.compiler.Compile(documentURL + fragment.String())
}

func escapePointer(token string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(token)
}

// closeObjects forbids members that a schema does not name.
func closeObjects(node any) {
	switch n := node.(type) {
	case map[string]any:
		if _, isSchema := n["properties"].(map[string]any); isSchema {
			n["additionalProperties"] = false
		}
		for _, child := range n {
			closeObjects(child)
		}
	case []any:
		for _, child := range n {
			closeObjects(child)
		}
	}
}

// exchange is one request with its answer.
type exchange struct {
	request *http.Request
	sent    []byte
	status  int
	header  http.Header
	answer  []byte
}

// check compares an exchange on a port, "" or public, with the contract.
func (c *contract) check(e exchange, port string) error {
	for _, op := range c.operations {
		path := strings.Split(e.request.URL.EscapedPath(), "/")
		if n := len(op.path); op.rest && len(path) > n {
			path = append(path[:n-1], strings.Join(path[n-1:], "/"))
		}
		if op.method == e.request.Method && (op.port == port || op.port == "both") && op.matches(path) {
			return op.check(e, path)
		}
	}
	if e.status < 400 {
		return fmt.Errorf("status %d for what is not in the contract", e.status)
	}
	return nil
}

func (op operation) matches(path []string) bool {
	return slices.EqualFunc(op.path, path, func(want, got string) bool {
		return want == got || strings.HasPrefix(want, "{") && got != ""
	})
}

func (op operation) check(e exchange, path []string) error {
	if e.status < 300 {
		if err := op.checkRequest(e, path); err != nil {
			return fmt.Errorf("accepted with status %d: %w", e.status, err)
		}
	}
	kinds, ok := op.answers[strconv.Itoa(e.status)]
	if !ok {
		kinds, ok = op.answers["default"]
	}
	if !ok {
		return fmt.Errorf("status %d is not in the contract", e.status)
	}
	if len(kinds) == 0 && len(e.answer) == 0 {
		return nil
	}
	if err := kinds.check(e.header.Get("Content-Type"), e.answer); err != nil {
		return fmt.Errorf("answer with status %d: %w", e.status, err)
	}
	return nil
}

func (op operation) checkRequest(e exchange, path []string) error {
	for _, p := range op.parameters {
		value, given, err := op.value(p, e.request, path)
		if err != nil {
			return err
		}
		if !given && p.required {
			return fmt.Errorf("%s %s is missing", p.in, p.name)
		}
		if given && p.schema != nil {
			if err := p.schema.Validate(value); err != nil {
				return fmt.Errorf("%s %s: %w", p.in, p.name, err)
			}
		}
	}
	if op.body == nil {
		if len(e.sent) > 0 {
			return errors.New("a body is not in the contract")
		}
		return nil
	}
	return op.body.check(e.request.Header.Get("Content-Type"), e.sent)
}

func (op operation) value(p parameter, r *http.Request, path []string) (value string, given bool, err error) {
	switch p.in {
	case "path":
		i := slices.Index(op.path, "{"+p.name+"}")
		if i < 0 {
			return "", false, nil
		}
		value, err = url.PathUnescape(path[i])
		return value, true, err
	case "query":
		return r.URL.Query().Get(p.name), r.URL.Query().Has(p.name), nil
	}
	return r.Header.Get(p.name), len(r.Header.Values(p.name)) > 0, nil
}

// check finds the schema for the type of a body and applies it.
func (c content) check(kind string, body []byte) error {
	got, parameters, err := mime.ParseMediaType(kind)
	if err != nil {
		return fmt.Errorf("media type %q: %w", kind, err)
	}
	for name, schema := range c {
		want, wanted, err := mime.ParseMediaType(name)
		if err != nil || got != want || len(wanted) > 0 && !maps.Equal(wanted, parameters) {
			continue
		}
		if schema == nil {
			return nil
		}
		if want != "application/json" && !strings.HasSuffix(want, "+json") {
			return schema.Validate(string(body))
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
		if err != nil {
			return err
		}
		return schema.Validate(value)
	}
	return fmt.Errorf("media type %q is not in the contract", kind)
}

// watch judges every exchange of the handler of a port by the contract and reports what it
// finds; an answer that was cut off is none.
func (c *contract) watch(next http.Handler, port string, report func(string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var sent bytes.Buffer
		r.Body = &copied{io.TeeReader(r.Body, &sent), r.Body}
		rec := &recorder{ResponseWriter: w}
		next.ServeHTTP(rec, r)
		if rec.status == 0 {
			rec.status = http.StatusOK // by net/http, when a handler writes nothing
		}
		e := exchange{r, sent.Bytes(), rec.status, w.Header(), rec.answer.Bytes()}
		if err := c.check(e, port); err != nil {
			report(fmt.Sprintf("%s %s: %v", r.Method, r.URL.EscapedPath(), err))
		}
	})
}

// copied is a body that leaves a copy.
type copied struct {
	io.Reader
	io.Closer
}

// recorder keeps what goes through it.
type recorder struct {
	http.ResponseWriter
	status int
	answer bytes.Buffer
}

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	r.answer.Write(b)
	return r.ResponseWriter.Write(b)
}
