output "main" {
  description = "Where the application is"
  value       = var.https ? "https://${var.app_domain.domain}/" : "http://${tencentcloud_clb_instance.entry.clb_vips[0]}/"
}

output "address" {
  description = "What the domain must point to"
  value       = tencentcloud_clb_instance.entry.clb_vips[0]
}

output "login_password" {
  description = "Password of the server's first login"
  value       = random_password.login.result
  sensitive   = true
}
