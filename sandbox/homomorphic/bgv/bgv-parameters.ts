/**
 * Parameters of `bgv-v1`: ring degree 4096, two data primes of 45 bits and one special prime of 19, plaintext modulus 2^50.
 * 109 bits of modulus at degree 4096 are 128 bits of classical security (Homomorphic Encryption Standard 2018, table 1; SEAL refuses more).
 * The primes are those that SEAL chooses for these sizes; they are fixed here, and a test compares.
 */
export const DEGREE = 4096;
export const PRIME_BITS = [45, 45, 19] as const;
export const DATA_PRIMES = [35_184_371_703_809n, 35_184_371_884_033n] as const;
/** Of each of them the least root of X^n + 1, whose powers are the others. */
export const ROOTS = [8_508_989_220n, 7_388_705_119n] as const;
export const SPECIAL_PRIME = 417_793n;
export const PLAIN_MODULUS = 1n << 50n;
/** Modulus of stored ciphertext. */
export const DATA_MODULUS = DATA_PRIMES[0] * DATA_PRIMES[1];
/** Errors are sampled as the difference of two sums of 21 bits (SEAL: centered binomial), so this is a bound and no estimate. */
export const ERROR_MAX = 21n;
/** Rows of a block: row i stands at coefficient i. */
export const BLOCK_ROWS = DEGREE;
/** Of a serialised ciphertext. */
export const CIPHERTEXT_HEAD_BYTES = 113;
/** A serialised ciphertext: its head, then two polynomials modulo both data primes. */
export const CIPHERTEXT_BYTES = CIPHERTEXT_HEAD_BYTES + 4 * 8 * DEGREE;
