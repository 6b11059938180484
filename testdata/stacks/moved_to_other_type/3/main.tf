resource "terraform_data" "a" {
  input = "x"
}
moved {
  from = null_resource.q
  to   = terraform_data.q
}
