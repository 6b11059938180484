variable "v" {
  default = 1
}
resource "terraform_data" "a" {
  input      = local.a
  depends_on = [terraform_data.b]
}
locals {
  b = 2
}
resource "terraform_data" "b" {
  input = 1
}
# A provider without an alias needs no block to override; one with an alias does.
provider "tencentcloud" {
  alias = "x"
}
provider "tencentcloud" {
}
