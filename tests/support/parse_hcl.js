#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// Is each FILE HCL, as Terraform and Packer read it?  parse_hcl.js FILE...
// By a parser from npm's registry, in build/npm (see .ci/npm-packages).
const fs = require('fs');
const path = require('path');
const npm = path.join(__dirname, '../../build/npm');
const files = process.argv.slice(2);
let wrong = 0;
const say = text => { console.log(text); wrong++; };

function hcl() {
	const parser = require(path.join(npm, 'hcl2-parser'));
	for (const file of files) {
		const [, error] = parser.parseToString(fs.readFileSync(file, 'utf8'));
		if (error) say(`${file}: ${JSON.stringify(error)}`);
	}
}

hcl();
process.exit(wrong || !files.length ? 1 : 0);
