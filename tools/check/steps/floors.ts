import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { satisfies, valid } from 'semver'
import { parse } from 'yaml'
import { outcomeOf, type Step } from '../step.ts'

/** The oldest versions without a known hole, and what the hole taught. A name may end in `*`. */
export type Floor = { libraries: string[]; floor: string; lesson: string }

const floorList = new URL('../version-floors.json', import.meta.url)

/** Every copy of a library in the lockfile, wanted by us or by a library, is at or above its floor. */
export const floors: Step = {
  name: 'floors',
  async run(root) {
    const packages = lockedPackages(await readFile(join(root, 'pnpm-lock.yaml'), 'utf8'))
    const listed = JSON.parse(await readFile(floorList, 'utf8')) as Floor[]
    const note = `${packages.length} locked packages, ${listed.length} floors`
    // A lockfile read wrongly would pass by holding nothing.
    if (packages.length === 0) return { passed: false, note, findings: 'pnpm-lock.yaml names no packages.' }
    return outcomeOf(note, belowFloors(packages, listed))
  },
}

type Locked = { name: string; version: string }

/** The packages a pnpm lockfile locks: each name as often as it has versions. */
export function lockedPackages(lockfile: string): Locked[] {
  const { packages = {} } = parse(lockfile) as { packages?: Record<string, unknown> }
  return Object.keys(packages).map((key) => {
    const at = key.indexOf('@', 1)
    return { name: key.slice(0, at), version: key.slice(at + 1) }
  })
}

/** A sentence for each package below its floor, and for each that cannot be compared with it. */
export function belowFloors(packages: Locked[], floorList: Floor[]): string[] {
  return floorList.flatMap(({ libraries, floor, lesson }) =>
    packages
      .filter(
        ({ name, version }) => libraries.some((library) => covers(library, name)) && !meets(version, floor),
      )
      .map(({ name, version }) => `${name} ${version} is below its floor ${floor}. ${lesson}`),
  )
}

/** A version that is a path or an address cannot be compared, so it does not pass. */
function meets(version: string, floor: string): boolean {
  return valid(version) !== null && satisfies(version, floor, { includePrerelease: true })
}

function covers(library: string, name: string): boolean {
  return library.endsWith('*') ? name.startsWith(library.slice(0, -1)) : name === library
}
