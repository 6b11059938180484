resource "terraform_data" "in" {
  provisioner "local-exec" {
    when    = destroy
    command = "echo of module ${path.module} >> log.txt"
  }
}
output "id" {
  value = terraform_data.in.id
}
