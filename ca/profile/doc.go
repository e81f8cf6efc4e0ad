// Package profile is the certificate profile of the signing certificates: one
// strict JSON file with every switch, and the code that builds requests and
// certificates from it and checks them against it.
//
// Start with Parse (or Embedded for the files that come with the program).
// Request makes a PKCS#10 request; Template makes the certificate's template;
// CheckRequest and Check say what is wrong with what came back; Preview says
// beforehand what a certificate will contain. The counter, the authority
// before signing, and the counter again on the answer run the same code.
//
// The profile follows RFC 5280, RFC 3739 and the ETSI family EN 319 412-1,
// -2 (V2.2.1) and -5 (V2.5.1), which Serbian law makes obligatory
// ("Sl. glasnik RS" 34/2018 and 81/2018, art. 2 and 3). Findings name the
// clause. No finding and no error of this package holds a name, a personal
// number or an e-mail address.
//
// The package keeps no state and may be used from any goroutine. Programs
// that run where no time zone database is installed must embed time/tzdata.
package profile
