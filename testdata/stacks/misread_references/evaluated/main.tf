# What is computed, gone through with a splat or a value of another kind is seen once there are values.
resource "terraform_data" "one" {
  input = { a = 1 }
}

resource "terraform_data" "many" {
  count = 1
}

variable "i" {
  default = 0
}

module "m" {
  source = "./m"
}

module "many" {
  source = "./m"
  count  = 1
}

locals {
  object = {}
}

output "all" {
  value = [
    try(terraform_data.one[var.i].id, "computed"),
    try(terraform_data.one[*].nope, "splat"),
    try((terraform_data.one).nope, "in parentheses"),
    try(terraform_data.many[1].id, "no such instance"),
    try(terraform_data.many["x"].id, "no such key"),
    try(terraform_data.many[var.i].nope, "no such attribute"),
    try(terraform_data.one.input.nope, "no such attribute"),
    try(local.object.nope, "of a local"),
    try(module.m.nope, "of a module"),
    try(module.m[0].o, "a module without count"),
    try(module.many[0].nope, "of one of many"),
    try(module.many.nope, "of all modules"),
  ]
}
