/** What docs/how-to/chinese-cryptography.md says of the OpenSSL in this Node. When it offers more, the page and the algorithms can follow. */
import {
  createCipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  getCiphers,
  publicEncrypt,
  sign,
  verify,
} from 'node:crypto'
import { createSecureContext, getCiphers as getTlsCiphers } from 'node:tls'
import { expect, test } from 'vitest'

test('SM3 and SM4 are those of the standards', () => {
  // GM/T 0004-2012 and GM/T 0002-2012, appendices A.1
  expect(createHash('sm3').update('abc').digest('hex')).toBe('66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0')
  const block = Buffer.from('0123456789abcdeffedcba9876543210', 'hex')
  const cipher = createCipheriv('sm4-ecb', block, null).setAutoPadding(false)
  expect(cipher.update(block, undefined, 'hex')).toBe('681edf34d206965e86b3e94f536e4246')
})

test('SM4 has no mode that authenticates by itself', () => {
  expect(getCiphers().filter((name) => name.startsWith('sm4'))).toEqual(['sm4', 'sm4-cbc', 'sm4-cfb', 'sm4-ctr', 'sm4-ecb', 'sm4-ofb'])
  expect(() => createCipheriv('sm4-gcm' as never, Buffer.alloc(16), Buffer.alloc(12))).toThrow('Unknown cipher')
})

test('a key of SM2 signs as SM2 only once it was read from a file; it neither encrypts nor agrees on keys', () => {
  const made = generateKeyPairSync('ec', { namedCurve: 'SM2' })
  const key = createPrivateKey(made.privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const publicKey = createPublicKey(made.publicKey.export({ type: 'spki', format: 'pem' }))
  const message = Buffer.from('message')
  expect(verify('sm3', message, publicKey, sign('sm3', message, key))).toBe(true)
  expect(verify('sm3', message, publicKey, sign('sm3', message, made.privateKey))).toBe(false)
  expect(() => publicEncrypt(publicKey, message)).toThrow()
  expect(() => diffieHellman({ privateKey: key, publicKey })).toThrow()
})

test('TLS has no cipher suite with SM4', () => {
  expect(getTlsCiphers().filter((name) => name.includes('sm4'))).toEqual([])
  for (const ciphers of ['ECC-SM2-SM4-CBC-SM3', 'TLS_SM4_GCM_SM3'])
    expect(() => createSecureContext({ ciphers })).toThrow(expect.objectContaining({ code: 'ERR_SSL_NO_CIPHER_MATCH' }))
})
