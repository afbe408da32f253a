import { SpanKind } from '@opentelemetry/api'
import { expect, test } from 'vitest'
import { normalSpanOf } from '../../../agent/src/sdk-node/normal-span.ts'
import type { ReadableSpan } from '../../../agent/src/sdk-node/sdk-span.ts'
import { StatementShapes } from '../../../agent/src/sql/statement-shapes.ts'

test.each(["SELECT `a$&b`, 'secret'", "SELECT `a$$b`, 'secret'", 'SELECT `a$`, "secret"'])(
  'a span named by %s is named by its shape',
  (text) => {
    const attributes = { 'db.system.name': 'mysql', 'db.query.text': text }
    const { name, shape } = normalSpanOf(
      { kind: SpanKind.CLIENT, name: `q ${text}`, attributes } as unknown as ReadableSpan,
      new StatementShapes(),
    )
    expect(name).toBe(`q ${shape?.text}`)
    expect(name).toMatch(/^q SELECT `a\$.*`, \?$/)
  },
)
