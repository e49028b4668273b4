// Where tools/vendor is installed, codemirror.js has the types of what it is made from.
export * from "../../../../tools/vendor/codemirror.js";
