/**
 * Builds the response to a request (RFC 3416 §4.2). GET and GETNEXT give all or tooBig; a GETBULK is cut to what fits.
 * The response's variable bindings go into the writer; the PDU's header is put in front of them.
 */
import { pduTag, tag } from '../ber/tags.ts'
import { BerWriter } from '../ber/writer.ts'
import type { Snapshot } from '../table/snapshot.ts'
import type { Pdu } from './pdu.ts'

const errorStatus = { noError: 0, tooBig: 1, noAccess: 6 } as const

/** Bytes of a PDU besides its variable bindings: request id, error status and index, and the headers around. */
const PDU_OVERHEAD = 24

/** For single bindings: a name of 128 numbers takes at most 650 bytes. */
const scratch = new BerWriter(0, 1024)

/**
 * Writes the response PDU, of at most `maxSize` bytes, into an empty writer. False: a PDU of this type gets no response.
 * A GETBULK whose first binding does not fit is tooBig too: an empty response makes managers walk endlessly.
 */
export function respond(pdu: Pdu, snapshot: Snapshot, writer: BerWriter, maxSize: number): boolean {
  const room = maxSize - PDU_OVERHEAD
  const view: View = { snapshot, writer, room }
  switch (pdu.type) {
    case pduTag.get:
      return finish(pdu, writer, get(pdu, view))
    case pduTag.getNext:
      return finish(pdu, writer, getNext(pdu, view))
    case pduTag.getBulk:
      return finish(pdu, writer, getBulk(pdu, view))
    case pduTag.set:
      return refuseSet(pdu, writer, room)
    default:
      return false
  }
}

function get(pdu: Pdu, view: View): boolean {
  const { snapshot, writer, room } = view
  for (const [i, oid] of pdu.names.entries()) {
    const index = snapshot.find(oid)
    const fits = index >= 0 ? snapshot.append(index, writer, room) : appendEmpty(pdu, i, tag[snapshot.missing(oid)], view)
    if (!fits) return false
  }
  return true
}

function getNext(pdu: Pdu, view: View): boolean {
  for (const [i, oid] of pdu.names.entries()) if (!appendNext(pdu, i, view.snapshot.after(oid), view)) return false
  return true
}

/**
 * Non-repeaters once, then the repeaters row by row, until the repetitions are done, all are at the end of the view, or the
 * message is full (RFC 3416 §4.2.3). The size of the message limits the repetitions, whatever the request says.
 */
function getBulk(pdu: Pdu, view: View): boolean {
  const { snapshot, writer, room } = view
  const nonRepeaters = Math.min(Math.max(0, pdu.first), pdu.names.length)
  for (let i = 0; i < nonRepeaters; i++) {
    if (!appendNext(pdu, i, snapshot.after(pdu.names[i]!), view)) return writer.size > 0
  }
  const cursors = pdu.names.slice(nonRepeaters).map((oid) => snapshot.after(oid))
  if (cursors.length === 0) return true
  for (let repetition = 0; repetition < pdu.second; repetition++) {
    let ended = true
    for (const [k, index] of cursors.entries()) {
      if (index < snapshot.size) {
        ended = false
        cursors[k] = index + 1
        if (!snapshot.append(index, writer, room)) return writer.size > 0
      } else if (!appendEnd(pdu, nonRepeaters + k, repetition, view)) return writer.size > 0
    }
    if (ended) break
  }
  return true
}

interface Target {
  readonly writer: BerWriter
  readonly room: number
}

interface View extends Target {
  readonly snapshot: Snapshot
}

function appendNext(pdu: Pdu, i: number, index: number, view: View): boolean {
  return index < view.snapshot.size ? view.snapshot.append(index, view.writer, view.room) : appendEmpty(pdu, i, tag.endOfMibView, view)
}

/** At the end of the view a repeater repeats its last name: the one of the request, or the very last object. */
function appendEnd(pdu: Pdu, i: number, repetition: number, view: View): boolean {
  const last = view.snapshot.oidAt(view.snapshot.size - 1)
  const began = repetition > 0 && view.snapshot.after(pdu.names[i]!) < view.snapshot.size
  if (!began || !last) return appendEmpty(pdu, i, tag.endOfMibView, view)
  scratch.reset()
  scratch.varbind({ oid: last, value: { type: 'endOfMibView' } })
  return appendScratch(view)
}

/** A variable binding with the request's own name and an empty value. */
function appendEmpty(pdu: Pdu, i: number, type: number, target: Target): boolean {
  scratch.reset()
  scratch.header(type)
  scratch.prepend(pdu.bytes.subarray(pdu.nameSpans[2 * i], pdu.nameSpans[2 * i + 1]))
  scratch.header(tag.sequence)
  return appendScratch(target)
}

function appendScratch({ writer, room }: Target): boolean {
  if (writer.size + scratch.size > room) return false
  writer.append(scratch.view())
  return true
}

/** Every name is outside the write view, which is empty (RFC 3415): the request's list goes back with the index of its first name. */
function refuseSet(pdu: Pdu, writer: BerWriter, room: number): boolean {
  const fits = pdu.listTo - pdu.listFrom <= room
  if (fits) writer.append(pdu.bytes, pdu.listFrom, pdu.listTo)
  if (!fits || pdu.names.length === 0) return finish(pdu, writer, fits)
  return close(pdu, writer, errorStatus.noAccess, 1)
}

function finish(pdu: Pdu, writer: BerWriter, fits: boolean): boolean {
  if (!fits) writer.reset()
  return close(pdu, writer, fits ? errorStatus.noError : errorStatus.tooBig, 0)
}

function close(pdu: Pdu, writer: BerWriter, status: number, index: number): boolean {
  writer.header(tag.sequence)
  writer.integer(index)
  writer.integer(status)
  writer.integer(pdu.requestId)
  writer.header(pduTag.response)
  return true
}
