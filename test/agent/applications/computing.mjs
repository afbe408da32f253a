// Computes: for a request, for another one while one waits, and for none. Each answer is how long that took by the program's own clock.
import http from 'node:http'

function ownWork(ms) {
  for (const end = performance.now() + ms; performance.now() < end;);
}
function reportWork(ms) {
  for (const end = performance.now() + ms; performance.now() < end;);
}
function timerWork(ms) {
  for (const end = performance.now() + ms; performance.now() < end;);
}
function timed(work) {
  const start = performance.now()
  work(2500)
  return performance.now() - start
}

let goOn = () => {}
const waiting = () =>
  new Promise((resolve) => {
    goOn = resolve
    process.send({ waits: true })
  })
const answers = {
  '/own': async () => {
    const ms = timed(ownWork)
    await new Promise((resolve) => setTimeout(resolve, 2500))
    return ms
  },
  '/waits': waiting,
  '/timer': waiting,
  '/report': async () => {
    const ms = timed(reportWork)
    goOn(ms)
    return ms
  },
}
const server = http.createServer((request, response) => {
  void answers[request.url]().then((ms) => response.end(JSON.stringify(ms)))
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
process.on('message', () => goOn(timed(timerWork)))
process.send({ port: server.address().port })
