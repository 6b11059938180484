variable "sizes" {}

module "m" {
  source   = "./m"
  for_each = var.sizes
  name     = each.key
  size     = each.value
}
