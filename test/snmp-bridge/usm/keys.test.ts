import { expect, test } from 'vitest'
import { localizeKeys, stretchPassword } from '../../../snmp-bridge/src/usm/keys.ts'

/** RFC 3414 §A.3 gives vectors for MD5 and SHA-1 only; this one was computed by an independent implementation, hashlib. */
test('a password is stretched over 1 MiB and localized for the engine', () => {
  const stretched = stretchPassword('maplesyrup')
  expect(stretched.toString('hex')).toBe('ab51014d1e077f6017df2b12bee5f5aa72993177e9bb569c4dff5a4ca0b4afac')
  const keys = localizeKeys({ auth: stretched, priv: stretched }, Buffer.from('000000000000000000000002', 'hex'))
  expect(keys.auth.export().toString('hex')).toBe('8982e0e549e866db361a6b625d84cccc11162d453ee8ce3a6445c2d6776f0f8b')
  expect(keys.priv.export().toString('hex')).toBe('8982e0e549e866db361a6b625d84cccc')
})
