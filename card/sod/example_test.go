package sod_test

import (
	"errors"
	"fmt"

	"salter/card/sod"
)

// A damaged file gives what could be read, and says where it ends.
func ExampleParseDocument() {
	file := sod.EncodeFile(sod.FileDocument, []sod.Record{
		{Tag: sod.TagDocRegNo, Value: []byte("012345678")},
		{Tag: sod.TagDocType, Value: []byte("ID")},
	})
	doc, err := sod.ParseDocument(file)
	fmt.Println(doc.RegNo, doc.Type, err)

	file = sod.EncodeFile(sod.FileDocument, []sod.Record{{Tag: sod.TagDocRegNo, Value: []byte("01234567890")}})
	_, err = sod.ParseDocument(file)
	fmt.Println(errors.Is(err, sod.ErrMalformed), err)
	// Output:
	// 012345678 ID <nil>
	// true parse document file: record 1546: 11 bytes, at most 9 allowed
}
