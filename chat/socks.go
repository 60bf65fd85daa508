package chat

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"strconv"
)

// What SOCKS version 5 calls things (RFC 1928, and RFC 1929 for the password).
const (
	socksVersion      = 5
	socksConnect      = 1
	socksOpen         = 0 // the method without a password
	socksPassword     = 2 // the method with one
	socksPasswordForm = 1
	socksIPv4         = 1
	socksName         = 3
	socksIPv6         = 4
)

var errSOCKS = errors.New("what answered is no SOCKS 5 proxy")

// askSOCKS asks a proxy of SOCKS for the way. The name is resolved by the proxy.
func (d *dialer) askSOCKS(conn net.Conn, proxy *url.URL) error {
	hello := []byte{socksVersion, 1, socksOpen}
	if proxy.User != nil {
		hello = []byte{socksVersion, 2, socksOpen, socksPassword}
	}
	method, err := askBytes(conn, hello, 2)
	if err != nil {
		return err
	}
	switch {
	case method[0] != socksVersion:
		return errSOCKS
	case method[1] == socksPassword && proxy.User != nil:
		if err := logIn(conn, proxy.User); err != nil {
			return err
		}
	case method[1] != socksOpen:
		return errors.New("the proxy wants credentials of another kind")
	}
	request, err := d.socksRequest()
	if err != nil {
		return err
	}
	head, err := askBytes(conn, request, 4)
	if err != nil {
		return err
	}
	if head[0] != socksVersion {
		return errSOCKS
	}
	if head[1] != 0 {
		return fmt.Errorf("the proxy answered %d (%s)", head[1], socksRefusals[head[1]])
	}
	return passAddress(conn, head[3])
}

// socksRefusals says what a SOCKS proxy's refusals mean (RFC 1928, section 6).
var socksRefusals = [256]string{
	1: "general failure", 2: "not allowed by its rules", 3: "network unreachable", 4: "host unreachable",
	5: "connection refused", 6: "TTL expired", 7: "command not supported", 8: "address type not supported",
}

// askBytes writes b, and reads n bytes.
func askBytes(conn net.Conn, b []byte, n int) ([]byte, error) {
	if _, err := conn.Write(b); err != nil {
		return nil, err
	}
	answer := make([]byte, n)
	_, err := io.ReadFull(conn, answer)
	return answer, err
}

// logIn gives the password.
func logIn(conn net.Conn, user *url.Userinfo) error {
	name := user.Username()
	password, _ := user.Password()
	if name == "" || len(name) > 255 || len(password) > 255 {
		return errors.New("the user name or password of the proxy's URL is too long for SOCKS, or there is no user name")
	}
	b := append([]byte{socksPasswordForm, byte(len(name))}, name...)
	b = append(append(b, byte(len(password))), password...)
	answer, err := askBytes(conn, b, 2)
	if err != nil {
		return err
	}
	if answer[1] != 0 {
		return errors.New("the proxy refuses the user name and password of its URL")
	}
	return nil
}

// socksRequest asks for a connection to the host.
func (d *dialer) socksRequest() ([]byte, error) {
	b := []byte{socksVersion, socksConnect, 0}
	if ip, err := netip.ParseAddr(d.host); err == nil && ip.Zone() == "" {
		kind := byte(socksIPv6)
		if ip.Is4() {
			kind = socksIPv4
		}
		b = append(append(b, kind), ip.AsSlice()...)
	} else {
		if len(d.host) > 255 {
			return nil, errors.New("the host's name is too long for SOCKS")
		}
		b = append(append(b, socksName, byte(len(d.host))), d.host...)
	}
	port, err := strconv.ParseUint(d.port, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("the port %q is none", d.port)
	}
	return append(b, byte(port>>8), byte(port)), nil
}

// passAddress passes over the address from which the proxy has connected, and its port.
func passAddress(conn net.Conn, kind byte) error {
	n := 2
	switch kind {
	case socksIPv4:
		n += 4
	case socksIPv6:
		n += 16
	case socksName:
		var length [1]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return err
		}
		n += int(length[0])
	default:
		return errSOCKS
	}
	_, err := io.ReadFull(conn, make([]byte, n))
	return err
}
