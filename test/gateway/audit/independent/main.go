// Command independent checks a folder of tiles with Go's own implementation of transparency logs, which shares no line
// with this project: the checkpoint's signature, the root over all entries, every inclusion proof through tiles, a
// consistency proof, and the receipts in a file.
//
// Usage: independent <folder> <vkey> [<receipt file> <entry index>]...
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	if err := check(os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(dir, vkey string, receipts []string) error {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	signed, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return err
	}
	tree, err := openCheckpoint(signed, verifier)
	if err != nil {
		return err
	}
	entries, err := readEntries(dir, tree.N)
	if err != nil {
		return err
	}
	if err := checkTree(dir, tree, entries); err != nil {
		return err
	}
	for i := 0; i+1 < len(receipts); i += 2 {
		if err := checkReceipt(receipts[i], receipts[i+1], entries, verifier); err != nil {
			return err
		}
	}
	fmt.Printf("intact %d %s receipts %d\n", tree.N, base64.StdEncoding.EncodeToString(tree.Hash[:]), len(receipts)/2)
	return nil
}

func openCheckpoint(signed []byte, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	hash, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: hash}, err
}

// tilePath is the path of C2SP tlog-tiles, which differs from the checksum database's only in its first parts.
func tilePath(kind string, n int64, width int) string {
	number := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		number = fmt.Sprintf("x%03d/%s", n%1000, number)
	}
	if width < 256 {
		number = fmt.Sprintf("%s.p/%d", number, width)
	}
	return filepath.Join("tile", kind, number)
}

func readEntries(dir string, size int64) ([][]byte, error) {
	var entries [][]byte
	for n := int64(0); n*256 < size; n++ {
		width := 256
		if size-n*256 < 256 {
			width = int(size - n*256)
		}
		bundle, err := os.ReadFile(filepath.Join(dir, tilePath("entries", n, width)))
		if err != nil {
			return nil, err
		}
		for len(bundle) > 0 {
			length := int(binary.BigEndian.Uint16(bundle))
			entries = append(entries, bundle[2:2+length])
			bundle = bundle[2+length:]
		}
	}
	if int64(len(entries)) != size {
		return nil, fmt.Errorf("%d entries for a tree of %d", len(entries), size)
	}
	return entries, nil
}

type tileReader struct{ dir string }

func (r tileReader) Height() int                           { return 8 }
func (r tileReader) SaveTiles(tiles []tlog.Tile, data [][]byte) {}
func (r tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range tiles {
		bytes, err := os.ReadFile(filepath.Join(r.dir, tilePath(strconv.Itoa(tile.L), tile.N, tile.W)))
		if err != nil {
			return nil, err
		}
		data = append(data, bytes)
	}
	return data, nil
}

func checkTree(dir string, tree tlog.Tree, entries [][]byte) error {
	// TileHashReader authenticates every tile that it reads against the signed root.
	hashes := tlog.TileHashReader(tree, tileReader{dir})
	for i, entry := range entries {
		proof, err := tlog.ProveRecord(tree.N, int64(i), hashes)
		if err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, int64(i), tlog.RecordHash(entry)); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
	}
	half := tree.N / 2
	if half == 0 {
		return nil
	}
	older, err := tlog.TreeHash(half, hashes)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveTree(tree.N, half, hashes)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, tree.N, tree.Hash, half, older)
}

func checkReceipt(file, index string, entries [][]byte, verifier note.Verifier) error {
	receipt, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	head, signed, found := bytes.Cut(receipt, []byte("\n\n"))
	if !found {
		return fmt.Errorf("%s: no checkpoint", file)
	}
	tree, err := openCheckpoint(signed, verifier)
	if err != nil {
		return err
	}
	lines := strings.Split(string(head), "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" || lines[1] != "index "+index {
		return fmt.Errorf("%s: not a proof of %s", file, index)
	}
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}
	n, err := strconv.ParseInt(index, 10, 64)
	if err != nil {
		return err
	}
	leaf := sha256.Sum256(append([]byte{0}, entries[n]...))
	return tlog.CheckRecord(proof, tree.N, tree.Hash, n, leaf)
}
