// Blocks its event loop, in JavaScript or in native code, until a file exists.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import http from 'node:http'

function spinUntil(file) {
  while (!existsSync(file));
}

const waiting = []
const server = http.createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://x')
  const file = searchParams.get('file')
  if (pathname === '/spin') spinUntil(file)
  if (pathname === '/native') execFileSync('sh', ['-c', `until [ -e '${file}' ]; do sleep 0.05; done`])
  if (pathname === '/wait') {
    waiting.push(response)
    process.send({ waiting: true })
    return
  }
  response.end('done')
  for (const other of waiting.splice(0)) other.end('waited')
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
process.send({ port: server.address().port })
