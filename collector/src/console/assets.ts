/**
 * The files that the browser loads, read and compressed once at the start. From source their TypeScript is stripped of its types here
 * (line and column stay, so the browser's stack traces are right); in a built package it is next to this file as JavaScript.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire, stripTypeScriptTypes } from 'node:module'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Language } from '../words/index.ts'

export interface Assets {
  /** Sends a file under /assets; 404 when there is none of that name. */
  send(request: FastifyRequest, reply: FastifyReply, name: string): FastifyReply
  /** Sends an HTML document: never cached, since an upgrade may change it. */
  sendDocument(request: FastifyRequest, reply: FastifyReply, name: string): FastifyReply
  /** Bytes of everything a visitor loads, compressed. */
  readonly compressedBytes: number
}

interface Asset {
  readonly type: string
  readonly plain: Buffer
  readonly compressed: Buffer
  readonly etag: string
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

const MESSAGES = {
  'login.html': '',
  'login-wrong.html': 'User or password is wrong.',
  'login-limited.html': 'Too many wrong passwords from this address. Wait a few seconds, then try again.',
}

/** `language`: of pages and incidents; see browser/language.ts. */
export function loadAssets(language: Language = 'en'): Assets {
  const files = new Map([...browserFiles(), ...chartFiles()])
  const scripts = [...files.keys()].filter((name) => name.endsWith('.js') && name !== 'uplot.js' && name !== 'login.js')
  const index = fill(
    files,
    'index.html',
    '<!--preload-->',
    scripts.map((name) => `<link rel="modulepreload" href="/assets/${name}">`).join('\n    '),
  )
  const documents = new Map([
    ['index.html', spoken(index, language)],
    ...Object.entries(MESSAGES).map(([name, text]) => [name, fill(files, 'login.html', '<!--message-->', text)] as const),
  ])
  for (const name of ['index.html', 'login.html']) files.delete(name)
  return {
    send: (request, reply, name) => sendAsset(request, reply, files.get(name)),
    sendDocument: (request, reply, name) => sendAsset(request, reply.header('cache-control', 'no-store'), documents.get(name)),
    compressedBytes: [...files.values(), index].reduce((sum, { compressed }) => sum + compressed.length, 0),
  }
}

function browserFiles(): [string, Asset][] {
  const folder = fileURLToPath(new URL('browser', import.meta.url))
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /\.(html|css|svg|js|ts)$/.test(name) && !name.endsWith('.d.ts'),
  )
  return names.map((name) => [basename(name).replace(/\.ts$/, '.js'), assetOf(name, readBrowserFile(join(folder, name)))])
}

/** All modules are served directly under /assets, whatever folder they are in. */
function readBrowserFile(file: string): string {
  const text = readFileSync(file, 'utf8')
  if (!/\.(ts|js)$/.test(file)) return text
  const script = file.endsWith('.ts') ? stripTypeScriptTypes(text) : text.replace(/^\/\/# sourceMappingURL=.*$/m, '')
  return script.replaceAll(/(from|import) (['"])\.{1,2}\/(?:[\w-]+\/)*([\w-]+)\.(?:ts|js)\2/g, "$1 './$3.js'")
}

function chartFiles(): [string, Asset][] {
  const { resolve } = createRequire(import.meta.url)
  return [
    ['uplot.js', assetOf('uplot.js', readFileSync(resolve('uplot/dist/uPlot.iife.min.js'), 'utf8'))],
    ['uplot.css', assetOf('uplot.css', readFileSync(resolve('uplot/dist/uPlot.min.css'), 'utf8'))],
  ]
}

function assetOf(name: string, text: string): Asset {
  const plain = Buffer.from(text)
  const type = TYPES[name.replace(/\.ts$/, '.js').split('.').at(-1) ?? ''] ?? 'application/octet-stream'
  const etag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`
  return { type, plain, compressed: gzipSync(plain, { level: 9 }), etag }
}

/** The document names the language, so that the views have it before they ask for anything. */
function spoken({ plain }: Asset, language: Language): Asset {
  return assetOf('index.html', plain.toString().replace('data-language="en"', `data-language="${language}"`))
}

function fill(files: ReadonlyMap<string, Asset>, name: string, mark: string, text: string): Asset {
  return assetOf(name, (files.get(name)?.plain.toString() ?? '').replace(mark, text))
}

function sendAsset(request: FastifyRequest, reply: FastifyReply, asset: Asset | undefined): FastifyReply {
  if (!asset) {
    reply.callNotFound()
    return reply
  }
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-cache')
  reply.header('etag', asset.etag).header('vary', 'accept-encoding')
  if (request.headers['if-none-match'] === asset.etag && reply.statusCode === 200) return reply.code(304).send()
  reply.type(asset.type)
  const isCompressed = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
  return isCompressed ? reply.header('content-encoding', 'gzip').send(asset.compressed) : reply.send(asset.plain)
}
