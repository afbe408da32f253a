// Serves over keep-alive connections that stay open, then says how many records the heap still holds.
import http from 'node:http'
import { queryObjects } from 'node:v8'

const server = http.createServer((request, response) => response.end('ok'))
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const agent = new http.Agent({ keepAlive: true, maxSockets: 20 })
const get = () =>
  new Promise((resolve, reject) => {
    http.get({ port: server.address().port, agent }, (answer) => answer.resume().on('end', resolve)).on('error', reject)
  })
for (let round = 0; round < 100; round++) await Promise.all(Array.from({ length: 20 }, get))
await new Promise((resolve) => setImmediate(resolve))

const { TraceRecord } = await import(process.env.TRACE_RECORD)
process.send({ open: Object.values(agent.freeSockets).flat().length, retained: queryObjects(TraceRecord) })
agent.destroy()
server.close()
process.disconnect()
