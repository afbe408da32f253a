import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { addressKey, addressOf, isForAll, mayBeKept, pathOf, variantKey } from '../../../../runtime/src/cache/page/page-request.ts'

type Given = { readonly headers?: Record<string, string>; readonly url?: string; readonly originalUrl?: string; readonly socket?: object }
const requestOf = ({ headers = {}, url = '/a?b=1', ...more }: Given = {}) =>
  ({ headers: { host: 'shop.example', ...headers }, url, ...more }) as unknown as IncomingMessage

test.each([
  { headers: { authorization: 'Bearer a' } },
  { headers: { cookie: 'a=b' } },
  { headers: { range: 'bytes=0-1' } },
  { headers: { 'if-match': '"a"' } },
  { headers: { 'content-length': '1' } },
  { headers: { 'transfer-encoding': 'chunked' } },
  { headers: { 'x-api-key': 'a' } },
  { headers: { 'x-account': 'a' } },
  { headers: { 'x-auth-token': 'a' } },
  { headers: { 'x-remote-user': 'a' } },
  { headers: { 'remote-user': 'a' } },
  { headers: { 'x-forwarded-email': 'a' } },
  { headers: { 'x-ms-client-principal-id': 'a' } },
  { headers: { 'cf-access-jwt-assertion': 'a' } },
  { headers: { 'ssl-client-cert': 'a' } },
  { headers: { apikey: 'a' } },
  { headers: { 'api-key': 'a' } },
  { headers: { token: 'a' } },
  { headers: { 'private-token': 'a' } },
  { headers: { 'ocp-apim-subscription-key': 'a' } },
  { headers: { 'x-consumer-username': 'a' } },
  { headers: { 'x-userid': 'a' } },
  { socket: { authorized: true } },
  { socket: { authorized: false, authorizationError: 'SELF_SIGNED', getPeerCertificate: () => ({ subject: {} }) } },
])('%j passes by', (given) => {
  expect(isForAll(requestOf(given), { ignoreCookies: false })).toBe(false)
})

test.each([
  'user-agent',
  'sec-fetch-user',
  'x-request-id',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-real-ip',
  'accept',
  'if-none-match',
  'traceparent',
  'access-control-request-headers',
])('a request with %s does not', (name) => {
  expect(isForAll(requestOf({ headers: { [name]: 'a' } }), { ignoreCookies: false })).toBe(true)
})

test('a client that was asked for a certificate and has none is one like others', () => {
  const socket = { authorized: false, authorizationError: 'UNABLE_TO_GET_ISSUER_CERT', getPeerCertificate: () => ({}) }
  expect(isForAll(requestOf({ socket }), { ignoreCookies: false })).toBe(true)
})

test('others do not, and cookies do not count where the application says so', () => {
  expect(isForAll(requestOf(), { ignoreCookies: false })).toBe(true)
  expect(isForAll(requestOf({ headers: { cookie: 'a=b', 'content-length': '0' } }), { ignoreCookies: true })).toBe(true)
  expect([mayBeKept(requestOf()), mayBeKept(requestOf({ headers: { 'cache-control': 'No-Store' } }))]).toEqual([true, false])
})

test('requests for one address have one key; whatever may change the answer makes another', () => {
  const key = addressKey(requestOf())
  const same = [
    { headers: { 'x-forwarded-for': '192.0.2.7' } },
    { headers: { 'user-agent': 'a', 'x-original-forwarded-for': 'b' } },
    { url: '/b', originalUrl: '/a?b=1' },
  ]
  for (const given of same) expect(addressKey(requestOf(given))).toBe(key)
  const other = [
    { url: '/a?b=2' },
    { url: '/a' },
    { headers: { host: 'evil.example' } },
    { headers: { 'x-forwarded-host': 'evil.example' } },
    { headers: { 'x-forwarded-proto': 'https' } },
    { headers: { 'x-forwarded-port': '8443' } },
    { headers: { 'x-forwarded-prefix': '/evil' } },
    { headers: { 'x-original-url': '/admin' } },
    { headers: { 'x-rewrite-url': '/admin' } },
    { headers: { 'x-http-method-override': 'DELETE' } },
    { headers: { forwarded: 'host=evil.example' } },
    { socket: { encrypted: true } },
  ]
  const keys = other.map((given) => addressKey(requestOf(given)))
  expect(new Set([key, ...keys]).size).toBe(other.length + 1)
  const forwarded = ['for=192.0.2.7;proto=https', 'for="[2001:db8::7]:80";proto=https'].map((text) =>
    addressKey(requestOf({ headers: { forwarded: text } })),
  )
  expect(forwarded[0]).toBe(forwarded[1])
})

test('no value of a field can be made to look like another', () => {
  const one = variantKey('a', ['accept', 'origin'], requestOf({ headers: { accept: 'x","origin","y' } }))
  const other = variantKey('a', ['accept', 'origin'], requestOf({ headers: { accept: 'x', origin: 'y' } }))
  expect(one).not.toBe(other)
  expect(variantKey('a', [], requestOf({ headers: { accept: 'x' } }))).toBe(variantKey('a', [], requestOf()))
})

test('the address is that of the client, and its path has no query', () => {
  expect([addressOf(requestOf()), pathOf('/a?b=1?c'), pathOf('/a')]).toEqual(['/a?b=1', '/a', '/a'])
})
