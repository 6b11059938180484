locals {
  a = {
    x = 1

}

variable "v" {
  default = local.b
}

output "o" {
  value = var.v
}

resource "random_string" "r" {
}
