// Where tools/vendor is installed, lit-html.js has the types of what it is made from.
export * from "../../../../tools/vendor/lit-html.js";
