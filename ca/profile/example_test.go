package profile_test

import (
	"fmt"
	"log"

	"salter/ca/profile"
)

// A profile builds the subject of a request from what the chip says.
func ExampleProfile_RDNSequence() {
	file, err := profile.Embedded(profile.PresetDefault, "citizen-sign")
	if err != nil {
		log.Fatal(err)
	}
	p, err := profile.Parse(file)
	if err != nil {
		log.Fatal(err)
	}
	dn, err := p.RDNSequence(profile.Subject{
		GivenName:      "МАРИЈА",
		Surname:        "ПРОБНИ",
		PersonalNumber: "0101900715006",
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, rdn := range dn {
		fmt.Println(rdn[0].Type, rdn[0].Value)
	}
	// Output:
	// 2.5.4.6 RS
	// 2.5.4.4 ПРОБНИ
	// 2.5.4.42 МАРИЈА
	// 2.5.4.5 PNORS-0101900715006
	// 2.5.4.3 МАРИЈА ПРОБНИ
}
