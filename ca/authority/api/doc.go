// Package api puts an authority on the network: New for the API port (EST and
// /ra/v1, mutually authenticated TLS 1.3 on every route), Public for the port
// without client certificates. openapi.yaml is the contract of both.
//
// Handlers decode, call the authority, encode; they decide nothing. Every
// refusal is application/problem+json (RFC 9457). An answer of status 500 or
// above says nothing about what happened.
package api
