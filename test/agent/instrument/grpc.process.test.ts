import { expect, test } from 'vitest'
import { grpc } from '../../../agent/src/instrument/grpc.ts'
import { formsOf, recorded } from '../../support/instrumented.ts'

const PROGRAM = `import { Metadata, Server, ServerCredentials, credentials, makeGenericClientConstructor, status } from '@grpc/grpc-js'
const codec = { requestStream: false, responseStream: false, requestSerialize: Buffer.from, requestDeserialize: String, responseSerialize: Buffer.from, responseDeserialize: String } as any
const service = Object.fromEntries(['Get', 'Fail', 'Missing', 'Never'].map((name) => [name, { path: '/shop.Orders/' + name, originalName: name.toLowerCase(), ...codec }]))
service.List = { path: '/shop.Orders/List', originalName: 'list', ...codec, responseStream: true }
const server = new Server()
let arrived = () => {}
server.addService(service as any, {
  Get: async (call: any, done: any) => { sql('orders'); await null; sql('lines'); done(null, 'order ' + call.request) },
  Fail: (call: any, done: any) => done({ code: status.INTERNAL, message: 'broken' }),
  Missing: (call: any, done: any) => done({ code: status.NOT_FOUND, message: 'no secret' }),
  Never: () => arrived(),
  List: (call: any) => { sql('orders'); call.write('1'); call.write('2'); call.end() },
} as any)
async function main(): Promise<void> {
  const port = await new Promise<number>((resolve, reject) => server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, its) => (error ? reject(error) : resolve(its))))
  const client: any = new (makeGenericClientConstructor(service as any, 'shop.Orders'))('127.0.0.1:' + port, credentials.createInsecure())
  const call = (method: string) => new Promise((resolve) => client[method]('42', (error: any, answer: any) => resolve(error ? error.code : answer)))
  // The first calls wait for the connection.
  await Promise.all([1, 2].map((id) => inRequest(async () => { await call('Get'); sql('after') }, '/both/' + id)))
  await inRequest(() => call('Fail'), '/fail')
  await inRequest(() => call('Missing'), '/missing')
  await inRequest(() => new Promise((resolve) => { const pending = client.Never('42', resolve); arrived = () => pending.cancel() }), '/never')
  await inRequest(() => new Promise((resolve) => client.List('42').on('data', () => {}).on('end', resolve)), '/list')
  client.close()
  await new Promise((resolve) => server.tryShutdown(resolve))
}
const sql = (name: string) => (globalThis as any)[Symbol.for('spyglass.agent')].startStatement({ system: 'sqlite', pool: 'p', text: 'SELECT x FROM ' + name }, sql).end()
declare const inRequest: (handler: () => unknown, path?: string) => Promise<string>
`

test('calls have method and status on both sides, and are one trace, in each form', async () => {
  for (const form of formsOf(grpc)) {
    const { traces, sink } = await recorded(PROGRAM, { form })
    const shown = traces
      .toSorted((a, b) => a.root.name.localeCompare(b.root.name))
      .map(({ root, children }) => [
        root.name,
        ...children.map(({ name, kind, attributes }) => [name, kind, attributes['rpc.response.status_code']].join(' ').trim()),
      ])
    const calls = (method: string, status: string) => [`shop.Orders/${method} 3 ${status}`, `shop.Orders/${method} 2 ${status}`]
    const both = [...calls('Get', 'OK'), 'SELECT p 3', 'SELECT p 3', 'SELECT p 3']
    expect([form, ...shown]).toEqual([
      form,
      ['GET /both/{id}', ...both],
      ['GET /both/{id}', ...both],
      ['GET /fail', ...calls('Fail', 'INTERNAL')],
      ['GET /list', ...calls('List', 'OK'), 'SELECT p 3'],
      ['GET /missing', ...calls('Missing', 'NOT_FOUND')],
      ['GET /never', 'shop.Orders/Never 3', 'shop.Orders/Never 2'],
    ])
    const failed = traces
      .flatMap(({ children }) => children)
      .filter(({ name }) => name === 'shop.Orders/Fail' || name === 'shop.Orders/Missing')
    expect(failed.map(({ kind, attributes }) => [kind, attributes['error.type']])).toEqual([
      [3, 'INTERNAL'],
      [2, 'INTERNAL'],
      [3, 'NOT_FOUND'],
      [2, undefined],
    ])
    expect(sink.spans.find(({ name, kind }) => name === 'shop.Orders/Get' && kind === 3)?.attributes).toMatchObject({
      'rpc.system.name': 'grpc',
      'rpc.method': 'shop.Orders/Get',
      'server.address': '127.0.0.1',
    })
    for (const metric of ['rpc.server.call.duration', 'rpc.client.call.duration']) {
      const counted = sink.points.filter((point) => point.metric === metric)
      expect(counted.reduce((sum, { count }) => sum + Number(count), 0)).toBe(6)
    }
  }
})
