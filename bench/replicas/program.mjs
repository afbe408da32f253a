/**
 * A program whose requests cost about half a millisecond of CPU, so that the client beside it on the same machine hardly counts. With `cluster` as its argument it is a
 * plain node:cluster of that many workers.
 */
import cluster from 'node:cluster'
import http from 'node:http'

const [, , role, count] = process.argv
const words = Array.from({ length: 600 }, (_, at) => `word ${(at * 7919) % 600}`)

function answer() {
  let text = ''
  for (let i = 0; i < 3; i++) text = JSON.stringify(words.toSorted((a, b) => (a < b ? -1 : 1)))
  return text.length
}

function serve(port) {
  const server = http.createServer((request, response) => response.end(`{"length":${answer()}}`))
  server.keepAliveTimeout = 600_000
  server.listen(port, '127.0.0.1', () => process.send?.({ port: server.address().port }))
}

if (role === 'cluster' && cluster.isPrimary) {
  for (let i = 0; i < Number(count); i++) cluster.fork()
  let ready = 0
  cluster.on('message', (worker, message) => ++ready === Number(count) && process.send(message))
  process.on('disconnect', () => process.exit())
} else serve(role === 'cluster' ? 0 : 3000)
