// Package sod knows the files of the identity applet of a Serbian ID card and
// the signature over them, the SOD ("document security object").
//
// It is pure: bytes in, values out. Whoever has read the files of a card calls
// Verify first and then ParseDocument and ParsePersonal; the counter and the
// authority do it with this same code, the authority from a Bundle.
//
// What is known from programs that read real cards: a data file is a 4-byte
// header and a sequence of records; a SOD file is a header, a second 4-byte
// header and a PKCS#7 SignedData; its content is the SHA-256 hashes of the
// signed data files, 32 bytes each, one after the other, each over the whole
// file with its header; file 0F1C covers 0F02, 0F03 and 0F06, file 0F1D covers
// 0F04. The order of the hashes is not published, so a hash may stand in any
// place. No reader checks the validity time of the signer's certificate.
//
// What is our reading: the signer is issued directly by an anchor, or is one
// (certificates that the SOD brings along never extend the chain, because the
// same root also certifies citizens); the chain is checked for the time of
// signing, not for today, because a card lives longer than the key that
// signed it; signatures over SHA-1 are not accepted.
//
// A valid SOD proves that the ministry signed these files. It does not prove
// that they lie on the chip they were written to: a copy of genuine files on
// another chip passes.
package sod
