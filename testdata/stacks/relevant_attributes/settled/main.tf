variable "i" {
  default = 0
}

locals {
  l = terraform_data.a.output.x[0]
}

resource "terraform_data" "a" {
  input = { x = [1, 2] }
}

resource "terraform_data" "unused" {}

resource "terraform_data" "n" {
  count = 2
  input = count.index
}

resource "terraform_data" "k" {
  for_each = toset(["p"])
  input    = each.key
}

resource "terraform_data" "b" {
  input            = local.l
  triggers_replace = [terraform_data.n[0].output, terraform_data.n[*].id, terraform_data.k["p"].input, terraform_data.n[var.i].id]
  depends_on       = [terraform_data.unused]
}

module "m" {
  source = "./m"
  in     = terraform_data.b
}

resource "terraform_data" "loop" {
  input = [for x in terraform_data.n : x.output]
  lifecycle {
    precondition {
      condition     = terraform_data.k["p"].id != ""
      error_message = "x"
    }
  }
}

resource "terraform_data" "settled" {
  input = terraform_data.a.id
}

output "o" {
  value = module.m.out
}

output "p" {
  value = [terraform_data.loop.output, terraform_data.settled.output]
}
