// A cluster of two workers behind one port. The primary says its port, and its agent's counters whenever it is asked.
import cluster from 'node:cluster'
import http from 'node:http'

if (cluster.isPrimary) {
  const seen = []
  cluster.on('message', (_worker, message) => seen.push(message))
  for (let at = 0; at < 2; at++) cluster.fork().process.on('message', (message) => seen.push(message))
  cluster.once('listening', (_worker, { port }) => process.send({ port }))
  const tell = async (agent) => {
    const { currentAgent } = await import(agent)
    process.send({ counters: currentAgent().requestCounters(), workers: Object.keys(cluster.workers).length, seen })
  }
  process.on('message', ({ agent, kill }) => {
    if (kill) Object.values(cluster.workers)[0].process.kill('SIGKILL')
    else void tell(agent)
  })
} else {
  http.createServer((request, response) => response.writeHead(request.url === '/bad' ? 500 : 200).end()).listen(0)
}
