import { createCipheriv, createDecipheriv, createHash, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto'
import { getCiphers } from 'node:tls'
import { expect, test } from 'vitest'

/** What docs/how-to/listeners.md says of Chinese cryptography in the pinned Node. The digest is the example of GB/T 32905. */
test('SM3, SM4 and SM2 signatures are there, and TLS has none of them', () => {
  expect(createHash('sm3').update('abc').digest('hex')).toBe('66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0')
  const [key, iv] = [randomBytes(16), randomBytes(16)]
  const cipher = createCipheriv('sm4-cbc', key, iv)
  const secret = Buffer.concat([cipher.update('secret'), cipher.final()])
  const decipher = createDecipheriv('sm4-cbc', key, iv)
  expect(Buffer.concat([decipher.update(secret), decipher.final()]).toString()).toBe('secret')
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'SM2' })
  const signature = sign('sm3', Buffer.from('text'), privateKey)
  expect(verify('sm3', Buffer.from('text'), publicKey, signature)).toBe(true)
  expect(verify('sm3', Buffer.from('other'), publicKey, signature)).toBe(false)
  expect(getCiphers().filter((name) => /sm[234]/i.test(name))).toEqual([])
})
