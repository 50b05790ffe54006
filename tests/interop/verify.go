// A verifier that shares nothing with Astrolabe: Go's own note and tlog packages, and what the specification says of
// timestamped cosignatures. It reads a file of cases as JSON lines, and answers each with one line: "ok", or why not.
package main

import (
	"bufio"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// testCase holds public keys, and what they prove; bytes are base64 in JSON.
type testCase struct {
	Vkeys, Witnesses       []string
	Cosigned               int
	Checkpoint, Old, Leaf  []byte
	Bundle                 string
	Index                  int64
	Inclusion, Consistency [][]byte
}

// timed verifies the cosignature/v1 line of a key: a log's own, or a witness's.
type timed struct {
	name string
	key  ed25519.PublicKey
}

func (t timed) Name() string { return t.name }

func (t timed) KeyHash() uint32 {
	sum := sha256.Sum256(append([]byte(t.name+"\n\x04"), t.key...))
	return binary.BigEndian.Uint32(sum[:4])
}

func (t timed) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	head := fmt.Sprintf("cosignature/v1\ntime %d\n", binary.BigEndian.Uint64(sig))
	return ed25519.Verify(t.key, append([]byte(head), msg...), sig[8:])
}

// verifiers gives the two of a log's key: of its signature, and of the time that it states.
func verifiers(vkey string) ([]note.Verifier, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, err
	}
	raw, err := base64.StdEncoding.DecodeString(vkey[len(verifier.Name())+10:])
	if err != nil {
		return nil, err
	}
	return []note.Verifier{verifier, timed{verifier.Name(), ed25519.PublicKey(raw[1:])}}, nil
}

// witness gives the verifier of a cosigner's key, which note itself does not read: its kind is 4.
func witness(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("malformed witness key")
	}
	raw, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil {
		return nil, err
	}
	if len(raw) != 1+ed25519.PublicKeySize || raw[0] != 4 {
		return nil, errors.New("not the key of a cosigner")
	}
	found := timed{parts[0], ed25519.PublicKey(raw[1:])}
	if fmt.Sprintf("%08x", found.KeyHash()) != parts[1] {
		return nil, errors.New("the witness key's hash is not its own")
	}
	return found, nil
}

// cosigned counts the witnesses that have signed a note.
func cosigned(opened *note.Note, witnesses []note.Verifier) (count int) {
	for _, each := range witnesses {
		for _, sig := range opened.Sigs {
			if sig.Name == each.Name() && sig.Hash == each.KeyHash() {
				count++
				break
			}
		}
	}
	return count
}

func open(text []byte, vkeys, wkeys []string, least int) (size int64, root tlog.Hash, err error) {
	var known, witnesses []note.Verifier
	for _, vkey := range vkeys {
		both, err := verifiers(vkey)
		if err != nil {
			return 0, root, err
		}
		known = append(known, both...)
	}
	for _, wkey := range wkeys {
		found, err := witness(wkey)
		if err != nil {
			return 0, root, err
		}
		witnesses = append(witnesses, found)
	}
	opened, err := note.Open(text, note.VerifierList(append(known, witnesses...)...))
	if err != nil {
		return 0, root, err
	}
	if count := cosigned(opened, witnesses); count < least {
		return 0, root, fmt.Errorf("%d witnesses cosigned it, and %d must", count, least)
	}
	if len(opened.UnverifiedSigs) != 0 {
		return 0, root, errors.New("a signature is of a key that was not given")
	}
	for _, sig := range opened.Sigs {
		// note decodes base64 leniently: the bits after the end would be free.
		if _, err := base64.StdEncoding.Strict().DecodeString(sig.Base64); err != nil {
			return 0, root, err
		}
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != known[0].Name() || lines[3] != "" {
		return 0, root, errors.New("not a checkpoint")
	}
	if size, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return 0, root, err
	}
	root, err = tlog.ParseHash(lines[2])
	return size, root, err
}

func hashes(given [][]byte) (found []tlog.Hash, err error) {
	for _, raw := range given {
		if len(raw) != tlog.HashSize {
			return nil, errors.New("not a hash")
		}
		var hash tlog.Hash
		copy(hash[:], raw)
		found = append(found, hash)
	}
	return found, nil
}

// unpack reads a proof bundle (C2SP tlog-proof): the leaf is its extra data.
func unpack(c *testCase) error {
	head, checkpoint, found := strings.Cut(c.Bundle, "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "extra ") {
		return errors.New("not a proof bundle with an event in it")
	}
	var err error
	if c.Leaf, err = base64.StdEncoding.DecodeString(lines[1][len("extra "):]); err != nil {
		return err
	}
	if c.Index, err = strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64); err != nil {
		return err
	}
	for _, line := range lines[3:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		c.Inclusion = append(c.Inclusion, hash[:])
	}
	c.Checkpoint = []byte(checkpoint)
	return nil
}

func check(c testCase) error {
	if c.Bundle != "" {
		if err := unpack(&c); err != nil {
			return fmt.Errorf("bundle: %w", err)
		}
	}
	size, root, err := open(c.Checkpoint, c.Vkeys, c.Witnesses, c.Cosigned)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if c.Old != nil {
		oldSize, oldRoot, err := open(c.Old, c.Vkeys, c.Witnesses, 0)
		if err != nil {
			return fmt.Errorf("old checkpoint: %w", err)
		}
		proof, err := hashes(c.Consistency)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(tlog.TreeProof(proof), size, root, oldSize, oldRoot); err != nil {
			return fmt.Errorf("consistency: %w", err)
		}
	}
	if c.Leaf != nil {
		proof, err := hashes(c.Inclusion)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(tlog.RecordProof(proof), size, root, c.Index, tlog.RecordHash(c.Leaf)); err != nil {
			return fmt.Errorf("inclusion: %w", err)
		}
	}
	return nil
}

func main() {
	file, err := os.Open(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	input := bufio.NewScanner(file)
	input.Buffer(nil, 1<<24)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for input.Scan() {
		var c testCase
		err := json.Unmarshal(input.Bytes(), &c)
		if err == nil {
			err = check(c)
		}
		if err == nil {
			fmt.Fprintln(out, "ok")
		} else {
			fmt.Fprintln(out, strings.ReplaceAll(err.Error(), "\n", " "))
		}
	}
}
