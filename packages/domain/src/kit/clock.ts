/** The wall clock. A verb reads it once; what depends on a row lock reads the database's clock instead. */
export type Clock = () => Date

/** Milliseconds since some fixed point, never set back: for ages and deadlines inside one process. */
export type Monotonic = () => number
