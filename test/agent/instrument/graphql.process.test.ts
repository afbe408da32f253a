import { expect, test } from 'vitest'
import { graphql, graphqlToolsExecutor } from '../../../agent/src/instrument/graphql.ts'
import { type Recorded, formsOf, recorded } from '../../support/instrumented.ts'

const SCHEMA = `
const typeDefs = 'type Query { order(id: ID!): Order  broken: Int  refused: Int } type Order { id: ID  lines: Int } type Mutation { pay(card: String): Int }'
const resolvers: any = {
  Query: {
    order: async (_: unknown, { id }: any) => { await null; sql('orders'); return { id, lines: 2 } },
    broken: () => { throw new RangeError('broken') },
    refused: () => { throw Object.assign(new GraphQLError('not allowed'), { name: 'ForbiddenError' }) },
  },
  Mutation: { pay: () => { sql('payments'); return 1 } },
}
const QUERIES = [
  { query: 'query Orders($id: ID!) { order(id: $id) { id lines } }', variables: { id: 'a secret' } },
  { query: 'mutation Pay { pay(card: "4111 secret") }' },
  { query: '{ order(id: "another secret") { id } }' },
  { query: 'query A { refused } query B { broken }', operationName: 'B' },
  { query: 'query Refused { refused }' },
]
async function run(url: string): Promise<void> {
  for (const body of QUERIES) await post(url, JSON.stringify(body))
}
const post = (url: string, body: string) => new Promise<string>((resolve, reject) => {
  const { hostname, port, pathname } = new URL(url)
  let text = ''
  const socket = net.connect(Number(port), hostname, () => socket.write('POST ' + pathname + ' HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\nContent-Type: application/json\\r\\nContent-Length: ' + body.length + '\\r\\n\\r\\n' + body))
  socket.setEncoding('utf8').on('data', (piece) => (text += piece)).on('error', reject).on('close', () => resolve(text))
})
const sql = (name: string) => (globalThis as any)[Symbol.for('spyglass.agent')].startStatement({ system: 'sqlite', pool: 'p', text: 'SELECT x FROM ' + name }, sql).end()
declare const withServer: (server: unknown, use: (url: string) => unknown) => Promise<void>
`

const YOGA = `import net from 'node:net'
import http from 'node:http'
import { GraphQLError } from 'graphql'
import { createSchema, createYoga } from 'graphql-yoga'
async function main(): Promise<void> {
  const yoga = createYoga({ schema: createSchema({ typeDefs, resolvers }), logging: false, maskedErrors: true })
  await withServer(http.createServer(yoga), (url) => run(url + '/graphql'))
}
${SCHEMA}`

const APOLLO = `import net from 'node:net'
import http from 'node:http'
import { ApolloServer, HeaderMap } from '@apollo/server'
import { GraphQLError } from 'graphql'
async function main(): Promise<void> {
  const apollo = new ApolloServer({ typeDefs, resolvers })
  await apollo.start()
  const server = http.createServer((request, response) => {
    let body = ''
    request.on('data', (piece) => (body += piece)).on('end', async () => {
      const headers = new HeaderMap([['content-type', 'application/json']])
      const answer: any = await apollo.executeHTTPGraphQLRequest({ httpGraphQLRequest: { method: 'POST', headers, search: '', body: JSON.parse(body) }, context: async () => ({}) })
      response.statusCode = answer.status ?? 200
      response.end(answer.body.string)
    })
  })
  await withServer(server, (url) => run(url + '/graphql'))
  await apollo.stop()
}
${SCHEMA}`

const MERCURIUS = `import net from 'node:net'
import fastify from 'fastify'
import { GraphQLError } from 'graphql'
import mercurius from 'mercurius'
async function main(): Promise<void> {
  const app = fastify()
  app.register(mercurius as any, { schema: typeDefs, resolvers })
  await app.ready()
  await withServer(app.server, (url) => run(url + '/graphql'))
  await app.close()
}
${SCHEMA}`

function expectOperations(form: string, { traces, sink }: Recorded): void {
  const shown = traces.map(({ root, children }) => [
    root.attributes['graphql.operation.type'],
    root.attributes['graphql.operation.name'],
    root.attributes['error.type'],
    root.attributes['spyglass.keep.reason'],
    children.map(({ name }) => name).join(', '),
  ])
  expect([form, ...shown]).toEqual([
    form,
    ['query', 'Orders', undefined, 'slow', 'query Orders, SELECT p'],
    ['mutation', 'Pay', undefined, 'slow', 'mutation Pay, SELECT p'],
    ['query', undefined, undefined, 'slow', 'query, SELECT p'],
    ['query', 'B', 'RangeError', 'error', 'query B'],
    ['query', 'Refused', undefined, 'slow', 'query Refused'],
  ])
  expect(JSON.stringify(traces[3]?.root.events)).toContain('RangeError: broken')
  expect(JSON.stringify(sink.spans)).not.toContain('secret')
  const counted = sink.points.filter(({ metric }) => metric === 'spyglass.graphql.operation.duration')
  const byType = (type: string) => counted.filter(({ attributes }) => attributes['graphql.operation.type'] === type)
  expect([byType('query'), byType('mutation')].map((points) => points.reduce((sum, { count }) => sum + Number(count), 0))).toEqual([4, 1])
  expect(counted.flatMap(({ attributes }) => (attributes['error.type'] ? [attributes['graphql.operation.name']] : []))).toEqual(['B'])
}

test('operations of Apollo Server and Mercurius have their type and name, resolvers their exceptions, in each form', async () => {
  for (const program of [APOLLO, MERCURIUS])
    for (const form of formsOf(graphql)) expectOperations(form, await recorded(program, { form, env: { NODE_ENV: 'production' } }))
})

test('the same with Yoga, which has an executor of its own', async () => {
  for (const form of formsOf(graphqlToolsExecutor)) expectOperations(form, await recorded(YOGA, { form }))
})
