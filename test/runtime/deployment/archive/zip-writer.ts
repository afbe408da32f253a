/** A zip file as any program could write it, honest or not (APPNOTE.TXT 4.3): stored, with the Unix mode in the external attributes. */
import { crc32 } from 'node:zlib'

export interface ZipMember {
  readonly name: string
  readonly content?: string | Buffer
  /** Default 0o100644. */
  readonly mode?: number
  readonly flags?: number
}

const ENCRYPTED = 1

export function zipOf(members: readonly ZipMember[]): Buffer {
  const bodies: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, content = '', mode = 0o100644, flags = 0x800 } of members) {
    const path = Buffer.from(name)
    const plain = Buffer.from(content)
    const data = (flags & ENCRYPTED) === 0 ? plain : Buffer.concat([Buffer.alloc(12), plain]) // APPNOTE.TXT 6.1.5: 12 bytes come first
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(flags, 2)
    common.writeUInt32LE(crc32(data), 10)
    common.writeUInt32LE(data.length, 14)
    common.writeUInt32LE(plain.length, 18)
    common.writeUInt16LE(path.length, 22)
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE((mode << 16) >>> 0, 6)
    rest.writeUInt32LE(offset, 10)
    const body = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, path, data])
    bodies.push(body)
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03', 'latin1'), common, rest, path]))
    offset += body.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(members.length, 8)
  end.writeUInt16LE(members.length, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...bodies, central, end])
}
