variable "name" {}
variable "size" {}

module "inner" {
  source = "./inner"
  count  = var.size
  name   = "${var.name}-${count.index}"
}

output "all" {
  value = module.inner[*].value
}
