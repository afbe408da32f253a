/** Preloaded behind the agent: what a program of an instrumentation's test works with, and how it ends. */
import http from 'node:http'
import process from 'node:process'

const agent = globalThis[Symbol.for('spyglass.agent')]

/** Calls `handler` in a request to `path`, whose answer is what it returns; gives the answer. */
globalThis.inRequest = async (handler, path = '/') => {
  const server = http.createServer((_request, response) => {
    Promise.resolve()
      .then(handler)
      .then(
        (value) => response.end(JSON.stringify(value ?? null)),
        (error) => response.writeHead(500).end(JSON.stringify(String(error))),
      )
  })
  return globalThis.withServer(server, (url) => globalThis.ask(url + path))
}

/** Listens with a server or an application of Express and the like, calls `use` with its URL, and closes it. */
globalThis.withServer = async (server, use) => {
  const listening = server.listen(0, '127.0.0.1')
  if (!listening.listening) await new Promise((resolve) => listening.once('listening', resolve))
  try {
    return await use(`http://127.0.0.1:${listening.address().port}`)
  } finally {
    listening.closeAllConnections?.()
    await new Promise((resolve) => listening.close(resolve))
  }
}

/** The text of an answer, without a record of the call itself: a socket and no client that is recorded. */
globalThis.ask = async (url) => {
  const net = await import('node:net')
  const { hostname, port, pathname, search } = new URL(url)
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = net.connect(Number(port), hostname, () =>
      socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: close\r\n\r\n`),
    )
    socket.setEncoding('utf8').on('data', (piece) => (text += piece))
    socket.on('error', reject).on('close', () => resolve(text.slice(text.indexOf('\r\n\r\n') + 4)))
  })
}

/** Called with what `main` of the program came to. */
globalThis.finished = async (error) => {
  if (error) process.stderr.write(`${error.stack ?? error}\n`)
  await new Promise((resolve) => setImmediate(resolve))
  await agent?.flush(30_000)
  process.exit(error ? 1 : 0)
}
