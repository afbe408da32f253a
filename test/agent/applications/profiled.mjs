// Two requests at once that work on and off, each with functions of its own, until the profiler's window has turned.
import http from 'node:http'

function hashing(until) {
  let x = 1
  while (performance.now() < until) x = Math.imul(x ^ 7, 31)
  return x
}
function sorting(until) {
  let list = [3, 1, 2]
  while (performance.now() < until) list = list.toSorted((a, b) => a - b)
  return list
}

async function work(by) {
  for (let turn = 0; turn < 10; turn++) {
    by(performance.now() + 30)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const server = http.createServer((request, response) => void answer(request, response))
async function answer(request, response) {
  await work(request.url === '/hash' ? hashing : sorting)
  response.end()
}
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const url = `http://127.0.0.1:${server.address().port}`
await Promise.all(['/hash', '/sort'].map(async (path) => (await fetch(url + path)).text()))
setTimeout(() => server.close(), 11_000) // a window of the profiler
server.closeIdleConnections()
