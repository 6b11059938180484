variable "name" {
  type    = string
  default = "shop"
}
