// Serves itself requests and says on standard output what happened when, until it ends in the way that END names.
import { readFileSync } from 'node:fs'
import http from 'node:http'

// Time, and what the scheduler says of this thread: nanoseconds of CPU, nanoseconds of waiting for it.
const moment = () => `${Date.now()} ${process.platform === 'linux' ? readFileSync('/proc/thread-self/schedstat', 'latin1').trim() : ''}`

const end = process.env.END
const server = http.createServer((request, response) => {
  // The agent heard of the end of the response before this listener does.
  response.on('close', () => process.stdout.write(`request ${request.url} at ${moment()}\n`))
  console.log(`line ${request.url} at ${moment()}`)
  response.end()
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const agent = new http.Agent({ keepAlive: true })
const get = (path) =>
  new Promise((resolve, reject) => {
    http.get({ agent, port: server.address().port, path }, (answer) => answer.resume().on('end', resolve)).on('error', reject)
  })
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

let count = 0
const items = Number(process.env.ITEMS ?? Infinity)
const until = Date.now() + Number(process.env.LIVE_MS ?? 1e9)
while (count < items && Date.now() < until) {
  await get(`/${count++}`)
  await pause(Math.random() * 30)
}
// Its own timers run in turn with the agent's: after these the agent's have run, however slow the machine.
for (let turn = 0; turn < 6; turn++) await pause(50)
const kept = []
function fill() {
  for (let at = 0; at < 5000; at++) kept.push({ at, more: Array.from({ length: 10 }, () => at) })
  setImmediate(fill)
}
const ends = {
  throw: () =>
    setTimeout(() => {
      throw new RangeError('ended by an exception')
    }),
  exit: () => process.exit(3),
  SIGTERM: () => process.kill(process.pid, 'SIGTERM'),
  SIGKILL: () => process.kill(process.pid, 'SIGKILL'),
  'out of memory': fill,
  never: () => {},
}
ends[end]()
setInterval(() => {}, 1000)
