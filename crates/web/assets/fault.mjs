// What is wrong with the files of this folder, in words for whoever changed them.
export class Fault extends Error {}
