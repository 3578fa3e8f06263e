/** The root page, which leads nowhere by itself when it is asked for like this. */
export const chooseOrganisation = '/?organisation='
