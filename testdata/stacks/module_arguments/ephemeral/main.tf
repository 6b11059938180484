variable "v" {
  default   = "s"
  ephemeral = true
}
module "m" {
  source = "./m"
  in     = { deep = var.v }
  fine   = var.v
}
