moved {
  from = terraform_data.a
  to   = null_resource.a
}
resource "null_resource" "a" {
}
