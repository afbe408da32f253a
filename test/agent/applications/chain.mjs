// A service that calls the next one, if there is one, and then takes as long as it is asked to.
import http from 'node:http'

const { NEXT } = process.env
const server = http.createServer((request, response) => void answer(new URL(request.url, 'http://x'), response))

async function answer({ searchParams, pathname }, response) {
  if (NEXT) await (await fetch(new URL(pathname, NEXT))).text()
  await new Promise((resolve) => setTimeout(resolve, Number(searchParams.get('ms') ?? 0)))
  response.end('{}')
}

server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
