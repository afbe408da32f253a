import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { staticHandler, type StaticOptions } from '../../../runtime/src/static-files/static-files.ts'
import { openListener } from '../../support/listener.ts'
import { tempFolder } from '../../support/temp-folder.ts'

async function serving(options?: StaticOptions) {
  const outside = tempFolder()
  writeFileSync(join(outside, 'secret.txt'), 'canary')
  const folder = tempFolder()
  mkdirSync(join(folder, 'docs'))
  mkdirSync(join(folder, '.git'))
  mkdirSync(join(folder, '.well-known', '.private'), { recursive: true })
  for (const [name, content] of [
    ['index.html', '<h1>home</h1>'],
    ['docs/index.html', 'docs'],
    ['a.txt', '0123456789'],
    ['app.3f9a1c2b.js', '1'],
    ['.env', 'canary'],
    ['.git/config', 'canary'],
    ['.well-known/security.txt', 'Contact: a'],
    ['.well-known/.private/key', 'canary'],
  ] as const) {
    writeFileSync(join(folder, name), content)
  }
  symlinkSync(join(outside, 'secret.txt'), join(folder, 'link.txt'))
  const { port } = await openListener((request, response) => void staticHandler(folder, options)(request, response))
  return port
}

/** Without fetch, which would make `/../` a path without it. */
async function ask(port: number, path: string, headers: http.OutgoingHttpHeaders = {}, method = 'GET') {
  const response = await new Promise<http.IncomingMessage>((resolve) =>
    http.request({ port, host: '127.0.0.1', path, headers, method }, resolve).end(),
  )
  return { status: response.statusCode, headers: response.headers, body: await text(response) }
}

test('a file has its type, an ETag and a date, and is not sent again to a client that has it', async () => {
  const port = await serving()
  const first = await ask(port, '/a.txt')
  expect(first).toMatchObject({ status: 200, body: '0123456789' })
  expect(first.headers).toMatchObject({
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'public, max-age=0',
    'x-content-type-options': 'nosniff',
  })
  const { etag = '', 'last-modified': date = '' } = first.headers
  expect(await ask(port, '/a.txt', { 'if-none-match': etag })).toMatchObject({ status: 304, body: '' })
  expect(await ask(port, '/a.txt', { 'if-modified-since': date })).toMatchObject({ status: 304, body: '' })
  expect(await ask(port, '/a.txt', { 'if-match': '"other"' })).toMatchObject({ status: 412 })
  expect(await ask(port, '/a.txt', {}, 'HEAD')).toMatchObject({ status: 200, body: '', headers: { 'content-length': '10' } })
})

test('ranges of a file', async () => {
  const port = await serving()
  expect(await ask(port, '/a.txt', { range: 'bytes=2-4' })).toMatchObject({
    status: 206,
    body: '234',
    headers: { 'content-range': 'bytes 2-4/10' },
  })
  expect(await ask(port, '/a.txt', { range: 'bytes=-3' })).toMatchObject({ status: 206, body: '789' })
  expect(await ask(port, '/a.txt', { range: 'bytes=20-' })).toMatchObject({ status: 416, headers: { 'content-range': 'bytes */10' } })
})

test('a folder is its index, by a slash', async () => {
  const port = await serving()
  expect(await ask(port, '/')).toMatchObject({ status: 200, body: '<h1>home</h1>' })
  expect(await ask(port, '/docs')).toMatchObject({ status: 301, headers: { location: '/docs/' } })
  expect(await ask(port, '/docs/?x=1')).toMatchObject({ status: 200, body: 'docs' })
})

test('nothing hidden and nothing outside the folder is served, also not through a link', async () => {
  const port = await serving()
  for (const path of [
    '/.env',
    '/.git/config',
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/link.txt',
    '/none',
    '/%00',
    '/%zz',
    '/docs/../../x',
  ]) {
    const answer = await ask(port, path)
    expect([400, 403, 404], path).toContain(answer.status)
    expect(answer.body, path).not.toContain('canary')
  }
  expect(await ask(port, '/a.txt', {}, 'POST')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
})

test('a name with a hash of its content is cached for a year, all others as the setting says', async () => {
  const port = await serving({ maxAgeS: 60 })
  expect((await ask(port, '/app.3f9a1c2b.js')).headers['cache-control']).toBe('public, max-age=31536000, immutable')
  expect((await ask(port, '/a.txt')).headers['cache-control']).toBe('public, max-age=60')
})

test('an application of one page has its own routes', async () => {
  const port = await serving({ fallback: 'index.html' })
  expect(await ask(port, '/route/of/the/page')).toMatchObject({
    status: 200,
    body: '<h1>home</h1>',
    headers: { 'cache-control': 'public, max-age=0' },
  })
})

test('a folder is redirected to its whole address, with the prefix that the application is mounted at and the query', async () => {
  const port = await serving()
  const { status, headers } = await ask(port, '/docs?a=b', { 'x-forwarded-prefix': '/files' })
  expect([status, headers.location]).toEqual([301, '/files/docs/?a=b'])
  expect((await ask(port, '/docs')).headers.location).toBe('/docs/')
  expect((await ask(port, '//docs')).headers.location).toBe('/docs/')
})

test('a download is resumed by its strong tag, and begins again with any other (RFC 9110 section 13.1.5)', async () => {
  const port = await serving()
  const { etag = '' } = (await ask(port, '/a.txt')).headers
  expect(etag).toMatch(/^"/)
  const resumed = async (range: string) => (await ask(port, '/a.txt', { range: 'bytes=2-4', 'if-range': range })).status
  expect(await resumed(etag)).toBe(206)
  for (const other of [`W/${etag}`, '"other"', '"weak"']) expect([other, await resumed(other)]).toEqual([other, 200])
})

test('of the hidden files only those below /.well-known are served (RFC 8615)', async () => {
  const port = await serving()
  expect(await ask(port, '/.well-known/security.txt')).toMatchObject({ status: 200, body: 'Contact: a' })
  for (const path of [
    '/.well-known/.private/key',
    '/.well-known/../.env',
    '/.well-known/%2e%2e/.env',
    '/.well-known/..%2f.env',
    '/.well-known/%2eprivate/key',
  ])
    expect([path, (await ask(port, path)).body.includes('canary')]).toEqual([path, false])
})
