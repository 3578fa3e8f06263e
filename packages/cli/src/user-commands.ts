import { text } from 'node:stream/consumers'
import type { Command } from 'commander'
import { userCreate } from './commands/user-create.ts'
import { userImport } from './commands/user-import.ts'
import type { Json, Surroundings } from './surroundings.ts'
import { verb } from './verb.ts'

const importNotes = `
Reads a JSON object a line from standard input: {"email", "hash", "emailVerified"?, "locale"?}. A hash is bcrypt,
argon2id, argon2i, PBKDF2 (SHA-256, SHA-512) or scrypt, as a PHC string, as Django writes it, or for Keycloak's
{"algorithm", "hashIterations", "salt", "value"}. Refused lines are told on standard error; the others are taken.
Safe to run again: an address that is there already is left alone.`.trim()

/** Adds `user create` and `user import`. */
export function addUserCommands(user: Command, surroundings: Surroundings): void {
  addCreate(user, surroundings)
  addImport(user, surroundings)
}

function addCreate(user: Command, { terminal, withDeps, print }: Surroundings): void {
  verb(user, 'create', {
    does: 'make a person an account; the password is read from standard input',
    example: 'user create --tenant acme --email ann@acme.example --password-stdin < password.txt',
  })
    .requiredOption('--tenant <slug>', 'the tenant’s slug or id')
    .requiredOption('--email <address>', 'the address to log in with')
    .requiredOption(
      '--password-stdin',
      'read the password from standard input, where no list of processes shows it',
    )
    .action(async (options: Json & { tenant: string; email: string }) => {
      const password = (await text(terminal.stdin)).replace(/\r?\n$/, '')
      const made = await withDeps((deps) => userCreate(deps, { ...options, password }))
      print(options, made, [
        made.id === null ? `${made.email} was there already.` : `User ${made.email} is ${made.id}.`,
      ])
    })
}

function addImport(user: Command, { terminal, withDeps, print, say, progress, fail }: Surroundings): void {
  verb(user, 'import', {
    does: 'bring people over from another system, with the hashes of their passwords',
    example: 'user import --tenant acme < people.jsonl',
    notes: importNotes,
    fails: 'a line was refused',
  })
    .requiredOption('--tenant <slug>', 'the tenant’s slug or id')
    .action(async (options: Json & { tenant: string }) => {
      const hears = {
        refused: (line: number, reason: string) => say(`Line ${line} ${reason}.`),
        line: (line: number) => progress.step('lines', line),
      }
      const input = terminal.stdin
      const result = await withDeps((deps) => userImport(deps, { ...options, input }, hears))
      const { imported, alreadyThere, refused } = result
      print(options, result, [
        `Imported ${imported}; ${alreadyThere} were there already; ${refused} refused.`,
      ])
      if (refused > 0) fail()
    })
}
