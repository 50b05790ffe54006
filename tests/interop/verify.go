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
	Vkeys                  []string
	Checkpoint, Old, Leaf  []byte
	Index                  int64
	Inclusion, Consistency [][]byte
}

// timed verifies the cosignature/v1 line of a log's own key.
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

func open(text []byte, vkeys []string) (size int64, root tlog.Hash, err error) {
	var known []note.Verifier
	for _, vkey := range vkeys {
		both, err := verifiers(vkey)
		if err != nil {
			return 0, root, err
		}
		known = append(known, both...)
	}
	opened, err := note.Open(text, note.VerifierList(known...))
	if err != nil {
		return 0, root, err
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

func check(c testCase) error {
	size, root, err := open(c.Checkpoint, c.Vkeys)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if c.Old != nil {
		oldSize, oldRoot, err := open(c.Old, c.Vkeys)
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
