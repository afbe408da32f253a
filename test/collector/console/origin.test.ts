import { expect, test } from 'vitest'
import { isOwnOrigin } from '../../../collector/src/console/origin.ts'

const host = '127.0.0.1:8900'

test('a form of our own page is ours, also behind a proxy that ends TLS', () => {
  expect(isOwnOrigin({ host, origin: 'http://127.0.0.1:8900' }, undefined)).toBe(true)
  expect(isOwnOrigin({ host: 'apm.example', origin: 'https://apm.example' }, undefined)).toBe(true)
  expect(isOwnOrigin({ host, origin: 'https://apm.example' }, 'https://apm.example/spyglass')).toBe(true)
})

test('a form of another site is not, whatever way it hides where it comes from', () => {
  expect(isOwnOrigin({ host, origin: 'http://evil.example' }, undefined)).toBe(false)
  expect(isOwnOrigin({ host, origin: 'http://127.0.0.1:9999' }, 'https://apm.example')).toBe(false)
  expect(isOwnOrigin({ host, origin: 'null' }, undefined)).toBe(false)
  expect(isOwnOrigin({ host, 'sec-fetch-site': 'cross-site' }, undefined)).toBe(false)
})

test('what is no browser sends neither header', () => {
  expect(isOwnOrigin({ host }, undefined)).toBe(true)
})
