import { expect, test } from 'vitest'
import { dns } from '../../../agent/src/instrument/dns.ts'
import { codeOf, formsOf, recorded } from '../../support/instrumented.ts'

const PROGRAM = `import dns, { lookup } from 'node:dns'
import dnsPromises from 'node:dns/promises'
import http from 'node:http'
import { promisify } from 'node:util'
async function main(): Promise<void> {
  const upstream = http.createServer((request, response) => response.end('ok'))
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  const url = 'http://localhost:' + (upstream.address() as any).port
  const answers: unknown[] = []
  await inRequest(() => new Promise<void>((resolve) => lookup('localhost', { family: 4 }, (error, address) => (answers.push(address), resolve()))), '/callback')
  await inRequest(async () => answers.push(await dnsPromises.lookup('localhost', { family: 4 })), '/promise')
  await inRequest(async () => answers.push(await promisify(dns.lookup)('localhost', { family: 4 })), '/promisified')
  await inRequest(async () => answers.push(await dnsPromises.lookup('no such name').catch((error) => error.code)), '/unknown')
  await inRequest(() => new Promise<void>((resolve) => http.get(url, { agent: false, family: 4 }, (response) => response.resume().on('end', resolve))), '/request')
  await inRequest(async () => (await fetch(url)).text(), '/fetch')
  await inRequest(() => new Promise<void>((resolve) => { const server = http.createServer().listen(0, '127.0.0.1', () => server.close(() => resolve())) }), '/address')
  await dnsPromises.lookup('localhost')
  upstream.closeAllConnections()
  upstream.close()
  process.stdout.write(JSON.stringify(answers))
}
declare const inRequest: (handler: () => unknown, path: string) => Promise<string>
`

test('lookups of names are children of their request, or of the call that waits for them, in each form', async () => {
  for (const form of formsOf(dns)) {
    const { traces, sink, stdout } = await recorded(PROGRAM, { form })
    const found = { address: '127.0.0.1', family: 4 }
    expect([form, JSON.parse(stdout)]).toEqual([form, ['127.0.0.1', found, found, 'ENOTFOUND']])
    const shown = traces.map(({ root, children }) => [
      root.attributes['url.path'],
      ...children
        .filter(({ kind }) => kind === 3)
        .map((child) => [child.name, children.find(({ spanId }) => spanId === child.parentSpanId)?.name ?? 'root'])
        .toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1)),
    ])
    expect([form, ...shown]).toEqual([
      form,
      ['/callback', ['DNS localhost', 'root']],
      ['/promise', ['DNS localhost', 'root']],
      ['/promisified', ['DNS localhost', 'root']],
      ['/unknown', ['DNS no such name', 'root']],
      ['/request', ['DNS localhost', 'GET'], ['GET', 'root']],
      ['/fetch', ['DNS localhost', 'GET'], ['GET', 'root']],
      ['/address'],
    ])
    const lookups = traces.flatMap(({ children }) => children.filter(({ name }) => name.startsWith('DNS')))
    expect(codeOf(lookups[0]!)).toContain('lookup')
    expect(lookups[3]).toMatchObject({
      status: { code: 2 },
      attributes: { 'error.type': 'ENOTFOUND', 'dns.question.name': 'no such name' },
    })
    const counted = sink.points.filter(({ metric }) => metric === 'dns.lookup.duration')
    expect(counted.map(({ attributes, count }) => [attributes, Number(count)])).toEqual([
      [{ 'dns.question.name': 'localhost' }, 5],
      [{ 'dns.question.name': 'no such name', 'error.type': 'ENOTFOUND' }, 1],
    ])
  }
})
