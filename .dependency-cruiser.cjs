// Who may import whom. Each rule has a planted violation in tools/check/steps/boundaries.test.ts.
const no = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

const test = '[.]test[.]ts$'
const app = '^apps/([^/]+)/'
const noun = '^packages/domain/src/([^/]+)/'
const vendors =
  'node_modules/(fastify|@fastify|@google-cloud|google-auth-library|@grpc|pg|ioredis|pino|prom-client|@node-rs)/'
const stores = 'node_modules/(pg|pg-[^/]+|kysely|ioredis|@google-cloud|google-auth-library|google-gax|@grpc)/'

module.exports = {
  forbidden: [
    no(
      'everything-resolves',
      'A module that is not found is not checked either.',
      {},
      { couldNotResolve: true },
    ),
    no(
      'no-cycles',
      'Modules in a cycle can only be understood, tested and loaded together.',
      {},
      { circular: true },
    ),
    no(
      'apps-are-strangers',
      'Each process gets exactly what it may touch: what two of them share is in a package.',
      { path: app },
      { path: '^apps/', pathNot: '^apps/$1/' },
    ),
    no(
      'packages-never-import-apps',
      'An app is an entry point: nothing is built on it.',
      { path: '^(packages|migrations)/' },
      { path: '^apps/' },
    ),
    no(
      'domain-knows-no-vendor',
      'The rules of the domain run without a network: adapters come in through deps, by structure.',
      { path: '^packages/domain/src/', pathNot: test },
      { path: ['^(migrations|packages/(?!domain/)[^/]+)/', vendors] },
    ),
    no(
      'platform-knows-no-domain',
      'Adapters hold no policy: they meet the domain by structural types, in main.ts.',
      { path: '^packages/platform/src/', pathNot: test },
      { path: '^(migrations|packages/(?!platform/)[^/]+)/' },
    ),
    no(
      'one-owner-per-table',
      "Only the noun that owns a table runs its queries; ask the noun's index.ts.",
      { path: noun },
      { path: '^packages/domain/src/[^/]+/queries', pathNot: '^packages/domain/src/$1/' },
    ),
    no(
      'front-door-only',
      "A noun's index.ts says what others may use of it; everything else is its own business.",
      { path: noun },
      { path: '^packages/domain/src/[^/]+/', pathNot: ['^packages/domain/src/$1/', '/index[.]ts$'] },
    ),
    no(
      'packages-by-name',
      'A package offers its src/*/index.ts by name; a path into it goes round what it exports.',
      { path: '^([^/]+/[^/]+)/?' },
      { path: '^packages/[^/]+/', pathNot: ['^$1/', '^packages/([^/]+/src/[^/]+|verifier/src)/index[.]ts$'] },
    ),
    no(
      'no-schemas-at-run-time',
      'Event schemas are built when they are loaded; a process needs their types alone: import type.',
      { pathNot: [test, '^test/', '^tools/', '^packages/(testkit|domain/src/event-schema)/'] },
      { path: '^packages/domain/src/event-schema/', dependencyTypesNot: ['type-only'] },
    ),
    no(
      'jwks-is-dbless',
      'The key set is served with the database, Redis and Google down: it cannot even load their clients.',
      { path: '^apps/iam-jwks/src/', pathNot: test },
      { path: stores, reachable: true },
    ),
    no(
      'testkit-only-in-tests',
      'What makes tests easy makes production unsafe.',
      { pathNot: [test, '^test/', '^packages/testkit/', '^tools/'] },
      { path: '^packages/testkit/' },
    ),
    no(
      'local-stack-stays-local',
      'It stands in for the cloud on one machine: production must not be able to load it.',
      { pathNot: [test, '^packages/(local-stack|testkit)/', '^test/', '^tools/'] },
      { path: '^packages/local-stack/' },
    ),
    no(
      'emulator-stays-local',
      'It stands in for Google on one machine: production must not be able to load it.',
      { pathNot: [test, '^packages/(emulator|local-stack|testkit)/', '^test/', '^tools/'] },
      { path: '^packages/emulator/' },
    ),
    no(
      'migrations-run-apart',
      'A process that serves never changes the schema: the operator command does, and tests prepare theirs.',
      { pathNot: ['^migrations/', '^packages/(cli|testkit)/'] },
      { path: '^migrations/' },
    ),
    no(
      'nobody-imports-cli',
      'The operator command is an entry point: nothing is built on it.',
      { pathNot: '^packages/cli/' },
      { path: '^packages/cli/' },
    ),
    no(
      'verifier-stands-alone',
      'Other services install it: it brings jose and nothing of ours.',
      { path: '^packages/verifier/src/', pathNot: test },
      { path: ['^(apps|migrations|packages/(?!verifier/)[^/]+)/', 'node_modules/(?!jose/|[.]pnpm/)'] },
    ),
  ],
  options: {
    // A type that is imported is a dependency too: it is what made the key-set server reach the database once.
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    // Anchored: without it node_modules/kysely/dist goes as well, and jwks-is-dbless never fires.
    exclude: { path: '^(apps|packages)/[^/]+/dist/|^migrations/dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
}
